"""One entry of the record as a line on paper: in clinical words for institutions, in plain ones for families."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from mengya_health.care.check_ins import DONE
from mengya_health.care.loop import loop_of
from mengya_health.content import Content
from mengya_health.handouts.content import Hand, Note
from mengya_health.handouts.from_record.sheet import CLINIC_WORDS, fitted
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import ANSWERS, group_of, noticed

HANDS = {"health": Hand.DOCTOR, "behaviour": Hand.TEACHER, "family": Hand.GUARDIAN}
CONCLUSIONS = {"routine": "按常规检查", "screen": "需要进一步检查"}
SCORES = {2: "会了", 1: "有时", 0: "还没", 9: "没看到"}
# What a tap on a page stands for: how a meal or a night was.
LOGGED = {
    "milk": ("奶", {"less": "比平时少", "usual": "和平时一样", "more": "比平时多"}),
    "meal": (
        "饭",
        {
            "less": "吃得少",
            "usual": "和平时一样",
            "more": "吃得多",
            "all": "都吃完了",
            "half": "吃了一半",
            "little": "吃得少",
        },
    ),
    "sleep": ("睡", {"less": "睡得少", "usual": "和平时一样", "more": "睡得多"}),
    "nap": ("午睡", {"well": "睡得好", "short": "睡得短", "none": "没睡"}),
}


class Line(NamedTuple):
    """What one entry says, whose hand it is, and the entry it came from."""

    entry: OpenEntry
    hand: Hand
    text: str


def lines_of(content: Content, entries: Iterable[OpenEntry], *, for_family: bool) -> list[Line]:
    """Return a line for each entry that has something to say to this reader, in the order given."""
    say = _plainly if for_family else _clinically
    told = ((entry, say(content, entry)) for entry in entries)
    return [Line(entry, HANDS[entry.section], text) for entry, text in told if text]


def note_of(lines: list[Line], today: date) -> Note:
    """Return lines of one hand, oldest first, as one line of the table; a number says how many there are."""
    days = list(dict.fromkeys(day_text(line.entry.happened_on, today) for line in lines))
    when = days[0] if len(days) == 1 else f"{days[0]} 至 {days[-1]}"
    said = "；".join(line.text for line in reversed(lines))
    return Note(
        hand=lines[0].hand,
        when=fitted(Note, "when", when),
        text=fitted(Note, "text", said if len(lines) == 1 else f"{len(lines)} 条：{said}"),
    )


def day_text(on: date, today: date) -> str:
    """Return 11-20, with its year where that is another one."""
    return f"{on:%m-%d}" if on.year == today.year else on.isoformat()


# --- inside -----------------------------------------------------------------------------------------------------------


def _clinically(content: Content, entry: OpenEntry) -> str:
    return _CLINICAL.get(entry.kind, _as_written)(content, entry.content)


def _plainly(content: Content, entry: OpenEntry) -> str:
    """Return what a family reads. A text of a clinic with a word that frightens is left out: they ask the doctor."""
    text = _PLAIN.get(entry.kind, _as_written)(content, entry.content)
    return "" if any(word in text for word in CLINIC_WORDS) else text


def _as_written(_content: Content, said: dict) -> str:
    return said.get("text") or said.get("note") or ""


def _check(content: Content, said: dict) -> str:
    if said.get("sheet"):
        return "：".join(
            part for part in (said["name"], "、".join(each["result"] for each in said["findings"])) if part
        )
    if not said.get("visit"):
        return said.get("note", "")
    findings = "、".join(each["result"] for each in said["findings"])
    parts = (findings or CONCLUSIONS[said["conclusion"]], said["advice"])
    return f"{content.visit(said['visit']).name}：" + "；".join(part for part in parts if part)


def _measured_or_written(content: Content, said: dict) -> str:
    if said.get("text"):
        return said["text"]
    metrics = ((content.metrics.get(each["code"]), each["value"]) for each in said.get("readings", ()))
    return "、".join(
        f"{metric.name} {value} {metric.unit}".strip()
        for metric, value in metrics
        if metric and metric.kind != "derived"
    )


def _referral(_content: Content, said: dict) -> str:
    return f"转诊到{said['receiver']}：{said['reason']}"


def _feedback(content: Content, said: dict) -> str:
    return f"回执：{loop_of(content).feedback_results[said['result']]}；{said['text']}"


def _contact(content: Content, said: dict) -> str:
    reached = "联系到了" if said["reached"] else "没有联系到"
    return f"联系家长（{loop_of(content).contact_ways[said['way']]}）：{reached}"


def _check_in(content: Content, said: dict) -> str:
    task = content.tasks.get(said["item"])
    title = task.title if task else "任务"
    return f"{title}：{DONE[said['done']]}" + (f"，{said['note']}" if said["note"] else "")


def _observation(content: Content, said: dict) -> str:
    known = {item.code: item.text for band in content.behaviours.bands for item in band.items}
    seen = [f"{known.get(each['code'], each['code'])}：{SCORES[each['score']]}" for each in said.get("items", ())]
    logs = [_logged(each["name"], each["value"]) for each in said.get("logs", ())]
    return "；".join([*logs, *seen, *([said["note"]] if said.get("note") else [])])


def _answers(content: Content, said: dict) -> str:
    seen = noticed(content, group_of(content, said["group"]), said).values()
    text = "有：" + "、".join(f"“{each}”" for each in seen) if seen else "几条都没有或不确定"
    return "；".join(filter(None, (f"检查前先看：{text}", said["note"])))


def _home_record(_content: Content, said: dict) -> str:
    logs = [_logged(name, said[name]) for name in LOGGED if said.get(name)]
    return "，".join([*logs, *([said["note"]] if said.get("note") else [])])


def _logged(name: str, value: str) -> str:
    word, values = LOGGED.get(name, (name, {}))
    return f"{word}{values.get(value, value)}"


def _key(name: str) -> Callable[[Content, dict], str]:
    return lambda _content, said: said.get(name, "")


_BY_ANY_HAND: dict[str, Callable[[Content, dict], str]] = {
    "observation": _observation,
    "home_observation": _observation,
    **dict.fromkeys(("daily_check", "daily_step", "exclusion"), lambda _content, _said: ""),  # the nursery's own sheet
    "home_record": _home_record,
    ANSWERS: _answers,
    "check_in": _check_in,
    "care_plan": _key("summary"),
    "conference_note": lambda _content, said: "".join((said["text"], said["conclusions"])),
}
_CLINICAL = _BY_ANY_HAND | {
    "screening": _check,
    "follow_up": _measured_or_written,
    "referral": _referral,
    "referral_feedback": _feedback,
    "contact_attempt": _contact,
    "outcome": lambda _content, said: "；".join(filter(None, (said["where"], said["text"]))),
}
_PLAIN = _BY_ANY_HAND | {
    "screening": _key("advice"),
    "follow_up": lambda _content, _said: "",
    "evaluation": _key("plain_text"),
    "closing_summary": _key("plain_text"),
    "referral": lambda _content, said: f"去{said['receiver']}看看",
    "referral_feedback": _key("for_family"),
    "contact_attempt": lambda _content, _said: "",
    "outcome": lambda _content, _said: "",
}

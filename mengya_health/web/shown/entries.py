"""What staff read of an entry: one line of a timeline, or everything it says, in plain clinical words."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache, partial
from typing import NamedTuple

from flask_babel import lazy_gettext as _

from mengya_health.care.check_ins import DONE
from mengya_health.care.loop import loop_of
from mengya_health.content import Content
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import ANSWERS, group_of, noticed
from mengya_health.screening.urgent_care import ARRIVED
from mengya_health.screening.wording import answers_of
from mengya_health.web.shown import seen, words
from mengya_health.web.shown.informants import decided, differing, told_answers
from mengya_health.web.shown.informants import in_full as answers_in_full
from mengya_health.web.shown.origins import CONCLUSIONS as ENDED
from mengya_health.web.shown.origins import kept_origin

# What a line of the timeline shows of a check; everything else is one click away.
SHOWN_READINGS = ("WEIGHT", "LENGTH", "HEADC", "HB")
LYING, STANDING = _("身长"), _("身高")
CONCLUSIONS = {"routine": _("留在预防"), "screen": _("进入筛查")}
SOURCES_OF_DOSES = {"booklet": _("接种证"), "system": _("免疫规划信息系统"), "told": _("家长口述")}
DISPUTED = ("flag", _("家长有异议"))
LONGEST_NOTE = 60  # characters of a timeline's second line


class Said(NamedTuple):
    """One entry as a line: what, a second line, and a tag of partials/marks.html."""

    title: str
    note: str = ""
    tag_kind: str = ""
    tag: str = ""


class Line(NamedTuple):
    """One line of partials/timeline.html."""

    at: str
    role: str
    by: str
    title: str
    note: str
    href: str
    tag_kind: str
    tag: str


def lines_of(
    content: Content, entries: Iterable[OpenEntry], today: date, href: Callable[[OpenEntry], str]
) -> list[Line]:
    """Return entries as the lines of a timeline; an `href` of "" makes a line plain text.

    Days, hands and kinds recur: each is put into words once.
    """
    names = words.weekdays()
    day = cache(lambda on: words.other_day(on, today, names))
    hand = cache(lambda role: (words.ROLES[role][0], words.said(words.ROLES[role][1])))
    kind = cache(lambda name: words.said(words.KINDS[name]))

    def line_of(entry: OpenEntry) -> Line:
        said = _SAY.get(entry.kind, _text)(content, entry.content, kind(entry.kind))
        mark, by = hand(entry.author_role)
        on = entry.happened_on
        at = day(on) if on != today else words.moment(on, entry.recorded_at, today)
        # What the family says against an entry comes before what the entry says of itself.
        tag = DISPUTED if entry.is_disputed else (said.tag_kind, said.tag)
        return Line(at, mark, by, said.title, said.note[:LONGEST_NOTE], href(entry), *tag)

    return [line_of(entry) for entry in entries]


def say(content: Content, entry: OpenEntry) -> Said:
    """Return the line of an entry, by its kind."""
    kind = words.said(words.KINDS[entry.kind])
    return _SAY.get(entry.kind, _text)(content, entry.content, kind)


def in_full(content: Content, entry: OpenEntry) -> list[dict]:
    """Return everything an entry says as {label, text}, in reading order."""
    rows = _FULL.get(entry.kind, _texts)(content, entry.content)
    return [{"label": str(label), "text": str(text)} for label, text in rows if text not in ("", None)]


def reading(content: Content, code: str, value: object, position: str | None = None) -> tuple[str, str]:
    """Return name and value with unit of one reading: ("身长", "73.1 cm")."""
    metric = content.metrics[code]
    name = str({"l": LYING, "h": STANDING}.get(position, metric.name)) if code == "LENGTH" else metric.name
    if metric.kind == "derived" and isinstance(value, str):
        value = f"{float(value):.{metric.decimals}f}".replace("-", "−")
    answers = answers_of(code, content)
    if answers and value != "":
        return name, answers[int(value)]
    return name, f"{value} {metric.unit}".strip()


def readings_of(content: Content, said: dict, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return those of the readings that were taken, in the order of `codes`."""
    found = {each["code"]: each["value"] for each in said.get("readings", ())}
    return [reading(content, code, found[code], said.get("position")) for code in codes if code in found]


# --- one line ---------------------------------------------------------------------------------------------------------


def _text(_content: Content, said: dict, kind: str) -> Said:
    text = said.get("text") or said.get("note") or ""
    return Said(f"{kind}：{_first_line(text)}" if text else kind)


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= LONGEST_NOTE else f"{line[: LONGEST_NOTE - 1]}…"


def _measured(content: Content, said: dict) -> str:
    return "，".join(f"{name} {value}" for name, value in readings_of(content, said, SHOWN_READINGS))


def _check(content: Content, said: dict, kind: str) -> Said:
    name = content.visit(said["visit"]).name if said.get("visit") else said.get("name") or str(_("测量"))
    measured = _measured(content, said)
    findings = [each["result"] for each in said.get("findings", ())]
    apart = differing_at(content, said)
    marks = [_("%(n)s 条说法不一致", n=len(apart))] if apart else []
    note = "；".join(map(str, [*findings, *marks])) or _ended(said) or said.get("note", "")
    tag = ("flag", str(_("%(n)s 项需关注", n=len(findings)))) if findings else ("", "")
    if apart and not findings:
        tag = ("flag", str(_("说法不一致")))
    return Said(f"{name}：{measured}" if measured else name or kind, note, *tag)


def _ended(said: dict) -> str:
    """Return in a word how a check was closed, or how a sheet came out; a scale without rules only says what it is."""
    if not said.get("sheet"):
        return str(CONCLUSIONS.get(said.get("conclusion"), ""))
    return "、".join(str(ENDED[each["conclusion"]][1]) for each in said["screenings"])


def differing_at(content: Content, said: dict) -> list[str]:
    """Return where parents, teachers and the doctor said different things at a check of this content."""
    return differing(content, group_of(content, said["signs"]["group"]), said) if said.get("informants") else []


def _follow_up(content: Content, said: dict, kind: str) -> Said:
    measured = _measured(content, said)
    return Said(
        f"{kind}：{measured}" if measured else _text(content, said, kind).title, said["text"] if measured else ""
    )


def _plan(_content: Content, said: dict, kind: str) -> Said:
    return Said(
        f"{kind}：{_first_line(said['summary'])}", "、".join(dict.fromkeys(task["title"] for task in said["tasks"]))
    )


def _referral(_content: Content, said: dict, kind: str) -> Said:
    return Said(f"{kind}：{said['receiver']}", said["reason"])


def _feedback(content: Content, said: dict, kind: str) -> Said:
    result = loop_of(content).feedback_results[said["result"]]
    return Said(f"{kind}：{result}", said["text"])


def _contact(content: Content, said: dict, kind: str) -> Said:
    way = loop_of(content).contact_ways[said["way"]]
    reached = _("联系上了") if said["reached"] else _("没联系上")
    return Said(f"{kind}（{way}）：{reached}", said["text"])


def _check_in(content: Content, said: dict, kind: str) -> Said:
    task = content.tasks.get(said["item"])
    log = "，".join(f"{each['name']} {each['value']}" for each in said["log"])
    return Said(f"{task.title if task else kind}：{DONE[said['done']]}", "；".join(filter(None, (log, said["note"]))))


def _outcome(content: Content, said: dict, kind: str) -> Said:
    if said["result"] == ARRIVED:
        return Said(f"{kind}：{said['where']}", said["text"])
    reason = loop_of(content).not_done_reasons[said["reason"]]
    return Said(f"{kind}：{_('没有到')}（{reason}）", said["text"], "flag", str(_("没有到")))


def _seen(kind: str) -> Callable[[Content, dict, str], Said]:
    def said_of(content: Content, said: dict, name: str) -> Said:
        return Said(name, "；".join(text for _label, text in seen.in_rows(content, kind, said)))

    return said_of


def _booklet(_content: Content, said: dict, kind: str) -> Said:
    return Said(words.said(_("%(kind)s：登记了 %(n)s 剂")) % {"kind": kind, "n": len(said["doses"])})


def _not_done(content: Content, said: dict, kind: str) -> Said:
    why = loop_of(content).not_done_reasons[said["reason_code"]]
    return Said(f"{kind}：{content.visit(said['visit']).name}", "；".join(filter(None, (why, said["text"]))))


def _answers(content: Content, said: dict, kind: str) -> Said:
    is_there = bool(noticed(content, group_of(content, said["group"]), said))
    return Said(kind, told_answers(content, said), *(("flag", str(_("答了“有”"))) if is_there else ("", "")))


_SAY: dict[str, Callable[[Content, dict, str], Said]] = {
    **{kind: _seen(kind) for kind in seen.KINDS},
    "screening": _check,
    "follow_up": _follow_up,
    "care_plan": _plan,
    "referral": _referral,
    "referral_feedback": _feedback,
    "contact_attempt": _contact,
    "check_in": _check_in,
    "outcome": _outcome,
    "vaccination": _booklet,
    "visit_not_done": _not_done,
    ANSWERS: _answers,
}

# --- in full ----------------------------------------------------------------------------------------------------------

Rows = Iterator[tuple[object, object]]
# Keys of contents that hold a text somebody wrote, with what stands before it.
TEXTS = {
    "text": _("内容"),
    "plain_text": _("给家长看的话"),
    "summary": _("给家长看的话"),
    "reason": _("理由"),
    "impression": _("初步印象"),
    "medical_history": _("既往情况"),
    "for_doctor": _("给医生"),
    "for_class": _("给老师"),
    "for_family": _("给家长"),
    "advice": _("指导"),
    "note": _("备注"),
}


def _texts(_content: Content, said: dict) -> Rows:
    yield from ((label, said[key]) for key, label in TEXTS.items() if said.get(key))


def _all_readings(content: Content, said: dict) -> Rows:
    yield from readings_of(content, said, tuple(content.metrics))


def _all_seen(kind: str, content: Content, said: dict) -> Rows:
    return seen.in_rows(content, kind, said)


def _full_check(content: Content, said: dict) -> Rows:
    if said.get("visit"):
        yield _("本次"), content.visit(said["visit"]).name
    if said.get("sheet"):
        yield _("筛查"), said["name"]
        yield _("版本"), said["instrument_version"]
        yield _("施测者"), said.get("by")
    yield from _all_readings(content, said)
    for each in said.get("findings", ()):
        yield each["name"], f"{each['result']}（{each['text']}）" if each["text"] != each["result"] else each["result"]
        yield _("依据"), kept_origin(each, said["content_version"])
    for line in differing_at(content, said):
        yield _("说法不一致"), line
    decision = decided(said)
    if decision:
        yield _("复筛"), "；".join(filter(None, (decision["text"], decision["reason"])))
    yield _("结论"), CONCLUSIONS.get(said.get("conclusion"), "")
    yield _("下次"), said.get("next_on")
    yield from _texts(content, said)


def _full_follow_up(content: Content, said: dict) -> Rows:
    yield from _all_readings(content, said)
    yield _("医生判断"), "；".join(said["checks"])
    yield from _texts(content, said)


def _full_plan(content: Content, said: dict) -> Rows:
    yield from _texts(content, said)
    for goal in said["goals"]:
        yield _("目标"), "：".join(filter(None, (goal["measure"], goal["target"])))
    for task in said["tasks"]:
        who = words.TURNS[task["who"]][1]
        yield _("任务"), f"{task['title']}（{who}，{task['frequency']}，{task['weeks']} 周）"


def _full_referral(content: Content, said: dict) -> Rows:
    yield _("接诊机构"), "　".join(filter(None, (said["receiver"], said["department"])))
    yield _("转诊单号"), said["number"]
    yield _("就诊不晚于"), said["visit_by"]
    yield from _texts(content, said)
    yield _("想请对方回答"), "\n".join(said["questions"])


def _full_feedback(content: Content, said: dict) -> Rows:
    yield _("结论"), loop_of(content).feedback_results[said["result"]]
    yield from _all_readings(content, said)
    yield from _texts(content, said)
    yield _("下次"), said["next_visit_on"]


def _full_contact(content: Content, said: dict) -> Rows:
    yield _("方式"), loop_of(content).contact_ways[said["way"]]
    yield _("结果"), _("联系上了") if said["reached"] else _("没联系上")
    yield from _texts(content, said)


def _full_check_in(content: Content, said: dict) -> Rows:
    task = content.tasks.get(said["item"])
    yield _("任务"), task.title if task else said["item"]
    yield _("做得怎样"), DONE[said["done"]]
    for each in said["log"]:
        yield each["name"], each["value"]
    yield from _texts(content, said)


def _full_outcome(content: Content, said: dict) -> Rows:
    yield _("到了没有"), _("到了") if said["result"] == ARRIVED else _("没有到")
    yield _("医院"), said["where"]
    yield _("原因"), loop_of(content).not_done_reasons.get(said["reason"], "")
    yield _("内容"), said["text"]


def _full_booklet(content: Content, said: dict) -> Rows:
    names = content.vaccination.recorded
    for each in said["doses"]:
        batch = f"批号 {each['batch']}" if each["batch"] else ""
        about = filter(None, (each["on"], batch, each["place"], str(SOURCES_OF_DOSES.get(each["source"], ""))))
        yield _("%(name)s 第 %(n)s 剂") % {"name": names.get(each["vaccine"], ""), "n": each["dose"]}, "，".join(about)


def _full_not_done(content: Content, said: dict) -> Rows:
    yield _("本次"), content.visit(said["visit"]).name
    yield _("理由"), loop_of(content).not_done_reasons[said["reason_code"]]
    yield from _texts(content, said)


_FULL: dict[str, Callable[[Content, dict], Rows]] = {
    **{kind: partial(_all_seen, kind) for kind in seen.KINDS},
    "screening": _full_check,
    "follow_up": _full_follow_up,
    "care_plan": _full_plan,
    "referral": _full_referral,
    "referral_feedback": _full_feedback,
    "contact_attempt": _full_contact,
    "check_in": _full_check_in,
    "outcome": _full_outcome,
    "vaccination": _full_booklet,
    "visit_not_done": _full_not_done,
    ANSWERS: answers_in_full,
}

"""What staff read of an entry in one line of a timeline, in plain clinical words."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

from flask_babel import lazy_gettext as _

from mengya_health.care.check_ins import DONE
from mengya_health.care.loop import loop_of
from mengya_health.content import Content
from mengya_health.locale import language
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import ANSWERS, group_of, noticed
from mengya_health.screening.urgent_care import ARRIVED
from mengya_health.screening.wording import answers_of
from mengya_health.web.shown import seen, words
from mengya_health.web.shown.informants import differing, told_answers
from mengya_health.web.shown.origins import CONCLUSIONS as ENDED
from mengya_health.web.shown.punctuation import bracketed, enumerated, in_a_row, joined, labelled

# What a line of the timeline shows of a check; everything else is one click away.
SHOWN_READINGS = ("WEIGHT", "LENGTH", "HEADC", "HB")
LYING, STANDING = _("身长"), _("身高")
CONCLUSIONS = {"routine": _("留在预防"), "screen": _("进入筛查")}
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
    note: str = ""
    href: str = ""
    tag_kind: str = ""
    tag: str = ""


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
        return Line(at, mark, by, said.title, _cut(said.note), href(entry), *tag)

    return [line_of(entry) for entry in entries]


def say(content: Content, entry: OpenEntry) -> Said:
    """Return the line of an entry, by its kind."""
    kind = words.said(words.KINDS[entry.kind])
    return _SAY.get(entry.kind, _text)(content, entry.content, kind)


def reading(content: Content, code: str, value: object, position: str | None = None) -> tuple[str, str]:
    """Return name and value with unit of one reading: ("身长", "73.1 cm")."""
    metric = content.metrics[code]
    name = str({"l": LYING, "h": STANDING}.get(position, metric.name)) if code == "LENGTH" else words.told(metric.name)
    if metric.kind == "derived" and isinstance(value, str):
        value = f"{float(value):.{metric.decimals}f}".replace("-", "−")
    answers = answers_of(code, content)
    if answers and value != "":
        return name, words.told(answers[int(value)])
    return name, f"{value} {words.told(metric.unit)}".strip()


def readings_of(content: Content, said: dict, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return those of the readings that were taken, in the order of `codes`."""
    found = {each["code"]: each["value"] for each in said.get("readings", ())}
    return [reading(content, code, found[code], said.get("position")) for code in codes if code in found]


def differing_at(content: Content, said: dict) -> list[str]:
    """Return where parents, teachers and the doctor said different things at a check of this content."""
    return differing(content, group_of(content, said["signs"]["group"]), said) if said.get("informants") else []


# --- one line ---------------------------------------------------------------------------------------------------------


def _text(_content: Content, said: dict, kind: str) -> Said:
    text = said.get("text") or said.get("note") or ""
    return Said(labelled(kind, _first_line(text)) if text else kind)


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return _cut(line)


def _cut(line: str) -> str:
    if len(line) <= LONGEST_NOTE:
        return line
    longest = LONGEST_NOTE * (1 if language() == "zh" else 2)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _measured(content: Content, said: dict) -> str:
    return in_a_row(f"{name} {value}" for name, value in readings_of(content, said, SHOWN_READINGS))


def _check(content: Content, said: dict, kind: str) -> Said:
    name = words.told(content.visit(said["visit"]).name) if said.get("visit") else said.get("name") or str(_("测量"))
    measured = _measured(content, said)
    findings = [each["result"] for each in said.get("findings", ())]
    apart = differing_at(content, said)
    marks = [_("%(n)s 条说法不一致", n=len(apart))] if apart else []
    note = joined(map(str, [*findings, *marks])) or _ended(said) or said.get("note", "")
    tag = ("flag", str(_("%(n)s 项需关注", n=len(findings)))) if findings else ("", "")
    if apart and not findings:
        tag = ("flag", str(_("说法不一致")))
    return Said(labelled(name, measured) if measured else name or kind, note, *tag)


def _ended(said: dict) -> str:
    """Return in a word how a check was closed, or how a sheet came out; a scale without rules only says what it is."""
    if not said.get("sheet"):
        return str(CONCLUSIONS.get(said.get("conclusion"), ""))
    return enumerated(str(ENDED[each["conclusion"]][1]) for each in said["screenings"])


def _follow_up(content: Content, said: dict, kind: str) -> Said:
    measured = _measured(content, said)
    return Said(
        labelled(kind, measured) if measured else _text(content, said, kind).title, said["text"] if measured else ""
    )


def _plan(_content: Content, said: dict, kind: str) -> Said:
    return Said(
        labelled(kind, _first_line(said["summary"])),
        enumerated(dict.fromkeys(words.told(task["title"]) for task in said["tasks"])),
    )


def _referral(_content: Content, said: dict, kind: str) -> Said:
    return Said(labelled(kind, said["receiver"]), said["reason"])


def _feedback(content: Content, said: dict, kind: str) -> Said:
    result = words.told(loop_of(content).feedback_results[said["result"]])
    return Said(labelled(kind, result), said["text"])


def _contact(content: Content, said: dict, kind: str) -> Said:
    way = words.told(loop_of(content).contact_ways[said["way"]])
    reached = _("联系上了") if said["reached"] else _("没联系上")
    return Said(labelled(bracketed(kind, way), reached), said["text"])


def _check_in(content: Content, said: dict, kind: str) -> Said:
    task = content.tasks.get(said["item"])
    log = in_a_row(f"{each['name']} {each['value']}" for each in said["log"])
    return Said(
        labelled(words.told(task.title) if task else kind, words.told(DONE[said["done"]])),
        joined(filter(None, (log, said["note"]))),
    )


def _outcome(content: Content, said: dict, kind: str) -> Said:
    if said["result"] == ARRIVED:
        return Said(labelled(kind, said["where"]), said["text"])
    reason = words.told(loop_of(content).not_done_reasons[said["reason"]])
    return Said(labelled(kind, bracketed(_("没有到"), reason)), said["text"], "flag", str(_("没有到")))


def _seen(kind: str) -> Callable[[Content, dict, str], Said]:
    def said_of(content: Content, said: dict, name: str) -> Said:
        return Said(name, joined(text for _label, text in seen.in_rows(content, kind, said)))

    return said_of


def _booklet(_content: Content, said: dict, kind: str) -> Said:
    return Said(_("%(kind)s：登记了 %(n)s 剂", kind=kind, n=len(said["doses"])))


def _not_done(content: Content, said: dict, kind: str) -> Said:
    why = words.told(loop_of(content).not_done_reasons[said["reason_code"]])
    return Said(
        labelled(kind, words.told(content.visit(said["visit"]).name)), joined(filter(None, (why, said["text"])))
    )


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

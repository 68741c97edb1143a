"""Everything an entry says, in plain clinical words, as staff read it."""

from collections.abc import Callable, Iterator
from functools import partial

from flask_babel import lazy_gettext as _

from mengya_health.care.check_ins import DONE
from mengya_health.care.loop import loop_of
from mengya_health.content import Content
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import ANSWERS
from mengya_health.screening.urgent_care import ARRIVED
from mengya_health.web.shown import informants, seen, words
from mengya_health.web.shown.entries import CONCLUSIONS, differing_at, readings_of
from mengya_health.web.shown.goals import clinic_word
from mengya_health.web.shown.origins import kept_origin
from mengya_health.web.shown.punctuation import bracketed, in_a_row, joined, with_colons

Rows = Iterator[tuple[object, object]]
SOURCES_OF_DOSES = {"booklet": _("接种证"), "system": _("免疫规划信息系统"), "told": _("家长口述")}
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
    "conclusions": _("会商的结论"),
    "note": _("备注"),
}


def in_full(content: Content, entry: OpenEntry) -> list[dict]:
    """Return everything an entry says as {label, text}, in reading order."""
    rows = _FULL.get(entry.kind, _texts)(content, entry.content)
    return [{"label": str(label), "text": str(text)} for label, text in rows if text not in ("", None)]


def _texts(_content: Content, said: dict) -> Rows:
    yield from ((label, said[key]) for key, label in TEXTS.items() if said.get(key))


def _all_readings(content: Content, said: dict) -> Rows:
    yield from readings_of(content, said, tuple(content.metrics))


def _all_seen(kind: str, content: Content, said: dict) -> Rows:
    return seen.in_rows(content, kind, said)


def _full_check(content: Content, said: dict) -> Rows:
    if said.get("visit"):
        yield _("本次"), words.told(content.visit(said["visit"]).name)
    if said.get("sheet"):
        yield _("筛查"), said["name"]
        yield _("版本"), said["instrument_version"]
        yield _("施测者"), said.get("by")
    yield from _all_readings(content, said)
    for each in said.get("findings", ()):
        yield (
            each["name"],
            bracketed(each["result"], each["text"]) if each["text"] != each["result"] else each["result"],
        )
        yield _("依据"), kept_origin(each, said["content_version"])
    for line in differing_at(content, said):
        yield _("说法不一致"), line
    decision = informants.decided(said)
    if decision:
        yield _("复筛"), joined(filter(None, (decision["text"], decision["reason"])))
    yield _("结论"), CONCLUSIONS.get(said.get("conclusion"), "")
    yield _("下次"), said.get("next_on")
    yield from _texts(content, said)


def _full_follow_up(content: Content, said: dict) -> Rows:
    yield from _all_readings(content, said)
    yield from _judged(content, said)


def _judged(content: Content, said: dict) -> Rows:
    yield _("医生判断"), joined(said["checks"])
    for goal in said.get("goals", ()):
        yield _("目标"), clinic_word(goal)
    yield from _texts(content, said)


def _full_plan(content: Content, said: dict) -> Rows:
    yield from _texts(content, said)
    for goal in said["goals"]:
        yield _("目标"), with_colons(filter(None, (goal["measure"], goal["target"])))
    for task in said["tasks"]:
        who = words.TURNS[task["who"]][1]
        yield (
            _("任务"),
            bracketed(
                words.told(task["title"]),
                in_a_row([who, words.told(task["frequency"]), _("%(n)s 周", n=task["weeks"])]),
            ),
        )


def _full_referral(content: Content, said: dict) -> Rows:
    yield _("接诊机构"), "　".join(filter(None, (said["receiver"], said["department"])))
    yield _("转诊单号"), said["number"]
    yield _("就诊不晚于"), said["visit_by"]
    yield from _texts(content, said)
    yield _("想请对方回答"), "\n".join(said["questions"])


def _full_feedback(content: Content, said: dict) -> Rows:
    yield _("结论"), words.told(loop_of(content).feedback_results[said["result"]])
    yield from _all_readings(content, said)
    yield from _texts(content, said)
    yield _("下次"), said["next_visit_on"]
    yield _("接诊医生"), said.get("replied_by")
    yield _("没有扫描件"), said.get("no_scan_reason")


def _full_contact(content: Content, said: dict) -> Rows:
    yield _("方式"), words.told(loop_of(content).contact_ways[said["way"]])
    yield _("结果"), _("联系上了") if said["reached"] else _("没联系上")
    yield from _texts(content, said)


def _full_check_in(content: Content, said: dict) -> Rows:
    task = content.tasks.get(said["item"])
    yield _("任务"), words.told(task.title) if task else said["item"]
    yield _("做得怎样"), words.told(DONE[said["done"]])
    for each in said["log"]:
        yield each["name"], each["value"]
    yield from _texts(content, said)


def _full_outcome(content: Content, said: dict) -> Rows:
    yield _("到了没有"), _("到了") if said["result"] == ARRIVED else _("没有到")
    yield _("医院"), said["where"]
    yield _("原因"), words.told(loop_of(content).not_done_reasons.get(said["reason"], ""))
    yield _("内容"), said["text"]


def _full_booklet(content: Content, said: dict) -> Rows:
    names = content.vaccination.recorded
    for each in said["doses"]:
        batch = _("批号 %(batch)s", batch=each["batch"]) if each["batch"] else ""
        about = filter(None, (each["on"], batch, each["place"], str(SOURCES_OF_DOSES.get(each["source"], ""))))
        yield _("%(name)s 第 %(n)s 剂", name=names.get(each["vaccine"], ""), n=each["dose"]), in_a_row(about)


def _full_not_done(content: Content, said: dict) -> Rows:
    yield _("本次"), words.told(content.visit(said["visit"]).name)
    yield _("理由"), words.told(loop_of(content).not_done_reasons[said["reason_code"]])
    yield from _texts(content, said)


_FULL: dict[str, Callable[[Content, dict], Rows]] = {
    **{kind: partial(_all_seen, kind) for kind in seen.KINDS},
    "screening": _full_check,
    "follow_up": _full_follow_up,
    "evaluation": _judged,
    "care_plan": _full_plan,
    "referral": _full_referral,
    "referral_feedback": _full_feedback,
    "contact_attempt": _full_contact,
    "check_in": _full_check_in,
    "outcome": _full_outcome,
    "vaccination": _full_booklet,
    "visit_not_done": _full_not_done,
    ANSWERS: informants.in_full,
}

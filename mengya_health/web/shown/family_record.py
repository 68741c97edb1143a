"""Everything written about a child, in the family's words, and the home record."""

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import ANSWERS
from mengya_health.web.shown import seen, words
from mengya_health.web.shown.children import may
from mengya_health.web.shown.entries import Line
from mengya_health.web.shown.informants import told_answers
from mengya_health.web.shown.links import home_link
from mengya_health.web.shown.punctuation import in_a_row, sentences, with_colons

HOME_LOG = {
    "milk": (lazy("奶"), {"less": lazy("比平时少"), "usual": lazy("和平时一样"), "more": lazy("比平时多")}),
    "meal": (lazy("饭"), {"less": lazy("吃得少"), "usual": lazy("和平时一样"), "more": lazy("吃得多")}),
    "sleep": (lazy("睡"), {"less": lazy("睡得少"), "usual": lazy("和平时一样"), "more": lazy("睡得多")}),
}
PLAIN_KINDS = {
    "screening": lazy("健康检查"),
    "follow_up": lazy("医生复查"),
    "care_plan": lazy("支持计划"),
    "evaluation": lazy("阶段评估"),
    "closing_summary": lazy("结案小结"),
    "referral": lazy("去专科看看"),
    "referral_feedback": lazy("专科的答复"),
    "contact_attempt": lazy("医生联系家里"),
    "advice": lazy("医生的话"),
    "observation": lazy("老师的观察"),
    "home_observation": lazy("家里看到的"),
    "daily_check": lazy("晨检和午检"),
    "daily_step": lazy("园里联系和处理"),
    "exclusion": lazy("在家休息"),
    "class_check": lazy("班级检查"),
    "check_in": lazy("任务记录"),
    "class_summary": lazy("班级小结"),
    "home_record": lazy("家里记的"),
    "informant_answers": lazy("检查前先看的几条"),
    "question": lazy("家里的提问"),
    "dispute": lazy("家里的不同看法"),
    "dispute_answer": lazy("对不同看法的答复"),
    "answer": lazy("家里的回答"),
    "concern": lazy("请医生看看"),
    "consent_decision": lazy("门诊关于同意的决定"),
    "outcome": lazy("去医院看过以后"),
    "vaccination": lazy("预防接种记录"),
    "visit_not_done": lazy("这次检查没有做"),
    "handover": lazy("换了门诊"),
    "moved_away": lazy("搬家转出"),
    "came_back": lazy("又搬回来"),
    "conference_note": lazy("一起商量（会商）"),
}


def record_page(
    work, child: ChildFacts, entries: list[OpenEntry], files: dict[UUID, list], form, older_href: str
) -> dict:
    """Return the context of pages/parent/record.html; `files` is what hangs on each entry."""
    plans = {each.case_id: each for each in reversed(entries) if each.kind == "care_plan" and each.case_id}
    return {
        "back": home_link(child),
        "child_name": child.name,
        "closed": [words.closed(name, until) for name, until in child.subject.ended if name in words.CLASSES],
        "home_log": _home_log(child, form) if may(work, child, Permission.WRITE_FAMILY) else None,
        "entries": [_line_with_files(work, each, len(files.get(each.id, ()))) for each in entries],
        "older_href": older_href,
        "papers": [_guide(child, plan) for plan in plans.values()] + _other_papers(work, child, entries),
    }


def _guide(child: ChildFacts, plan: OpenEntry) -> dict:
    return {
        "text": _("家庭指导单"),
        "note": _("按 %(day)s 的安排，也能下载 PDF", day=plan.happened_on.isoformat()),
        "href": url_for("family.guide_of_case", child_id=child.id, case_id=plan.case_id),
    }


def _other_papers(work, child: ChildFacts, entries: list[OpenEntry]) -> list[dict]:
    found = []
    if any(each.kind == "screening" for each in entries):
        last = {"text": _("家庭指导单"), "note": _("按最近一次检查，也能下载 PDF")}
        found.append(last | {"href": url_for("family.guide", child_id=child.id)})
    if may(work, child, Permission.TAKE_COPY):
        whole = {"text": _("档案摘要"), "note": _("在“我的权利”里下载 PDF，或全部内容")}
        found.append(whole | {"href": url_for("family.rights", child_id=child.id)})
    return found


def _home_log(child: ChildFacts, form) -> dict:
    return {
        "action": url_for("family.log_home", child_id=child.id),
        "form": form,
        "groups": [
            {
                "name": name,
                "legend": str(legend),
                "options": [{"value": value, "text": str(text)} for value, text in options.items()],
            }
            for name, (legend, options) in HOME_LOG.items()
        ],
    }


def _line_with_files(work, entry: OpenEntry, files: int) -> Line:
    """Return one line that leads to the files beside the entry, where there are any or may be."""
    line = plain_line(work, entry)
    if files:
        line = line._replace(tag_kind="note", tag=_("%(n)s 个文件", n=files))
    if files or entry.kind == "home_record":
        line = line._replace(href=url_for("attachments.show", child_id=entry.child_id, entry_id=entry.id))
    return line


def plain_line(work, entry: OpenEntry) -> Line:
    """Return one line of the timeline in the family's words."""
    role, by = words.ROLES[entry.author_role]
    return Line(
        at=words.day(entry.happened_on, work.today),
        role=role,
        by=str(by),
        title=str(PLAIN_KINDS[entry.kind]),
        note=_plain_note(work, entry),
        href=url_for("disputes.of_entry", child_id=entry.child_id, entry_id=entry.id),
        tag_kind="flag" if entry.is_disputed else "",
        tag=_("有异议") if entry.is_disputed else "",
    )


def _plain_note(work, entry: OpenEntry) -> str:
    """Return what a family may read at a glance: numbers, plain texts, never a clinic's result words."""
    said = entry.content
    if entry.kind in ("screening", "follow_up"):
        return _measured(entry)
    if entry.kind == "home_record":
        shown = [sentences([HOME_LOG[name][0], HOME_LOG[name][1][said[name]]]) for name in HOME_LOG if said.get(name)]
        return in_a_row([*shown, *([said["note"]] if said.get("note") else [])])
    if entry.kind in seen.KINDS:
        return seen.plainly(work.content, entry)
    if entry.kind == ANSWERS:
        return told_answers(work.content, entry.content)
    if entry.kind == "check_in":
        task = work.content.tasks.get(said["item"])
        return with_colons(
            filter(None, (words.told(task.title) if task else "", str(DONE[said["done"]]), said.get("note", "")))
        )
    if entry.kind == "referral_feedback":
        return said.get("for_family", "")
    if entry.kind in ("evaluation", "closing_summary"):
        return said.get("plain_text", "")
    if entry.kind == "care_plan":
        return said["summary"]
    if entry.kind == "conference_note":
        return "\n".join(filter(None, (said["text"], said["conclusions"])))
    is_plain = entry.section != "health" or entry.kind in (
        "advice",
        "consent_decision",
        "dispute_answer",
        "handover",
        "moved_away",
        "came_back",
    )
    return said.get("text", "") if is_plain else ""


DONE = {"done": lazy("做到了"), "partly": lazy("做了一些"), "not_today": lazy("今天没做")}


def _measured(entry: OpenEntry) -> str:
    found = {each["code"]: each["value"] for each in entry.content.get("readings", ())}
    stature = _("身高") if entry.content.get("position") == "h" else _("身长")
    parts = [(_("体重"), "WEIGHT", _("公斤")), (stature, "LENGTH", _("厘米")), (_("头围"), "HEADC", _("厘米"))]
    return in_a_row(f"{name} {found[code]} {unit}" for name, code, unit in parts if code in found)

"""What is being followed: the board of the health staff, one child's steps and when it may come back."""

from collections.abc import Collection, Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy
from marshmallow import fields

from mengya_health.care import daily_checks, follow_through
from mengya_health.care.facts import TaskFacts
from mengya_health.care.follow_through import STEPS, FollowThrough
from mengya_health.fields import Choice
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.record.versions import Version
from mengya_health.screening.returning import conditions_asked
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import enumerated, in_a_row, joined, labelled, sentences
from mengya_health.web.shown.seen import MISSING, PART_NAMES, back_in_words, check_in_words
from mengya_health.work import LOCAL

CERTIFICATE_WORDS = {"seen": lazy("看过医院的返园（复课）证明"), "doctor": lazy("社区医生核验过")}


def several(values: Collection[str]) -> fields.List:
    """Return a field of ticks among these."""
    return fields.List(Choice(*values), load_default=list)


def board(
    work, groups, children: list[ChildFacts], tasks: Mapping[UUID, list[TaskFacts]], entries: list[OpenEntry]
) -> dict:
    """Return the context of pages/teacher/follow_ups.html."""
    sheets, away = daily_checks.sheets_in(entries), follow_through.excluded(entries)
    names = {group.id: group.name for group in groups}
    exclusions = [each for each in entries if each.kind == "exclusion"]
    rows = [
        _line(work, child, task, sheets, away.get(child.id))
        for child in children
        for task in tasks.get(child.id, ())
        if task.kind == follow_through.TASK
    ]
    return {
        "back": {"href": url_for("classes.show"), "text": _("班级")},
        "clusters": [
            _cluster(work, each, names) for each in daily_checks.clusters_in(work, children, sheets, exclusions)
        ],
        "rows": rows,
        "classes": [
            {
                "text": group.name,
                "note": _checked(work, group.id, children, sheets),
                "href": url_for("daily.check_class", group_id=group.id, part="morning"),
            }
            for group in groups
            if any(child.group_id == group.id for child in children)
        ],
    }


def _line(work, child: ChildFacts, task: TaskFacts, sheets, exclusion: OpenEntry | None) -> dict:
    last = task.body.get("last")
    checks = [
        labelled(PART_NAMES[part], check_in_words(check))
        for (child_id, on, part), check in sheets.checks.items()
        if child_id == child.id and on == task.created_at.astimezone(LOCAL).date() and _is_said(check)
    ]
    return {
        "name": f"{child.name} · {child.class_name}",
        "href": url_for("daily.follow_up", task_id=task.id),
        "note": joined(checks),
        "back": back_in_words(follow_through.back_of(work, exclusion), work.today) if exclusion else "",
        "last": _("已%(step)s", step=words.told(STEPS[last])) if last else _("还没告诉监护人"),
        "since": words.day(task.created_at.astimezone(LOCAL).date(), work.today),
    }


def _is_said(check: Mapping) -> bool:
    return daily_checks.state_of(check) not in ("", "well")


def _cluster(work, cluster, names: Mapping[UUID, str]) -> str:
    """Return a cluster in figures, with whom to tell; no child is named."""
    infection = work.content.behaviours.infections.get(cluster.what)
    where = names.get(cluster.group_id, "") if cluster.group_id else _("全园")
    what = infection.said if infection else cluster.what
    said = _(
        "%(where)s：%(days)s 天内 %(n)s 人“%(what)s”。",
        where=where,
        days=cluster.within_days,
        n=cluster.count,
        what=what,
    )
    whom = enumerated(work.content.behaviours.daily_check.absence_rule["notify"])
    return sentences([said, _("请告诉%(whom)s（只报人数，不报姓名）。", whom=whom)])


def _checked(work, group_id: UUID, children: list[ChildFacts], sheets) -> str:
    here = [child for child in children if child.group_id == group_id]
    done = sum(bool(sheets.state(child.id, work.today, "morning")) for child in here)
    return _("晨检 %(n)s / %(all)s", n=done, all=len(here))


def matter_page(work, matter: FollowThrough, form, sheet) -> dict:
    """Return the context of pages/teacher/follow_up.html; `form` is that of a step, `sheet` that of an infection."""
    here = {"task_id": matter.task.id}
    said = matter.exclusion.content if matter.exclusion else {}
    code = sheet["values"].get("disease") or said.get("disease", "")
    return {
        "back": {"href": url_for("daily.follow_ups"), "text": _("要跟进的")},
        "child_name": matter.child.name,
        "steps": [_step(work, each) for each in matter.steps],
        "contacts": [f"{each.name} {each.phone}" for each in matter.child.contacts],
        "form": form,
        "action": url_for("daily.add_step", **here),
        "close_action": url_for("daily.close", **here),
        "report_href": url_for("reports.write_page", child_id=matter.child.id),
        "check_href": url_for(
            "daily.check_child", group_id=matter.child.group_id, part="morning", child_id=matter.child.id
        )
        if matter.child.group_id
        else "",
        "choices": [{"value": each, "text": words.told(STEPS[each])} for each in follow_through.WRITTEN],
        "ways": [{"value": each, "text": words.told(each)} for each in (*follow_through.WAYS, *follow_through.HANDLED)],
        "exclusion": _exclusion(work, matter, code, said, sheet),
        "is_excluded": matter.exclusion is not None,
        "back_text": back_in_words(follow_through.back_of(work, matter.exclusion), work.today)
        if matter.exclusion
        else "",
        "return_action": url_for("daily.confirm_return", **here),
        "notes": work.content.behaviours.infection_notes,
    }


def _step(work, step: Version) -> dict:
    local = step.entry.recorded_at.astimezone(LOCAL)
    said = step.entry.content
    return {
        "at": f"{words.day(local.date(), work.today)} {local:%H:%M}",
        "by": step.author,
        "text": in_a_row(filter(None, (words.told(STEPS[said["step"]]), words.told(said["way"]), said["text"]))),
    }


def _exclusion(work, matter: FollowThrough, code: str, said: Mapping, form) -> dict:
    """Return the sheet of an infection: which disease, and the dates and ticks its rule asks for."""
    infections = work.content.behaviours.infections
    infection = infections.get(code)
    stored = {name: str(value) if isinstance(value, int) else value for name, value in said.items()}
    stored |= {"has_pneumonia": "yes"} if said.get("has_pneumonia") else {}
    values = form["values"] if "row_version" in form["values"] else stored
    rule = infection.rule if infection else {}
    return {
        "action": url_for("daily.keep_exclusion", task_id=matter.task.id),
        "form": {"values": values, "errors": form["errors"], "said": "", "draft": form["draft"]},
        "row_version": matter.exclusion.row_version if matter.exclusion else 0,
        "diseases": [{"value": each.code, "text": words.told(each.said)} for each in infections.values()],
        "text": infection.exclude if infection else "",
        "notify": infection.notify if infection else "",
        "dates": [
            {
                "name": name,
                "label": str(MISSING[name]),
                "type": "datetime-local" if name in follow_through.TIMES else "date",
            }
            for name in (follow_through.asked_of(work, code) if infection else ("onset_on",))
        ],
        "asks_pneumonia": "if_pneumonia_rash_days_ge" in rule,
        "asks_days": bool(rule.get("configurable")),
        "conditions": [{"value": each, "text": words.told(each)} for each in conditions_asked(rule)]
        if infection
        else [],
        "certificates": [{"value": value, "text": str(text)} for value, text in CERTIFICATE_WORDS.items()],
    }

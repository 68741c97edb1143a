"""The class board and the card of one child: what a teacher with one hand free needs, and no health topic in sight."""

from datetime import date, datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.facts import TaskFacts
from mengya_health.care.informants import is_asked
from mengya_health.care.observing import scores_in, signals_of
from mengya_health.care.tasks import CLASS_ADVICE
from mengya_health.people.facts import ChildFacts
from mengya_health.record.counts import Written
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.observing import items_to_see
from mengya_health.web.shown import seen, words
from mengya_health.web.shown.standings import calm, is_wanted
from mengya_health.work import LOCAL

# A tile of the card → its name, its icon, and the domains of behaviours.yaml it gathers.
DOMAINS = {
    "eat": (lazy("吃饭"), "bowl", ("self_care",)),
    "sleep": (lazy("睡觉"), "moon", ()),
    "mood": (lazy("情绪"), "smile", ("social_emotional",)),
    "talk": (lazy("说话"), "talk", ("language", "cognition")),
    "move": (lazy("动作"), "run", ("gross_motor", "fine_motor")),
    "play": (lazy("交往"), "people", ("social_emotional",)),
}
FIRST_DOMAIN = "move"
# Kept with the score of behaviours.yaml; never shown as a number.
SCORES = {"2": lazy("会了"), "1": lazy("有时"), "0": lazy("还没"), "9": lazy("今天没看到")}
LOGS = {"eat": {"meal": seen.MEALS["meal"]}, "sleep": {"nap": seen.MEALS["nap"]}}
MOST_QUESTIONS = 4  # a card is answered with one hand


def board(
    work,
    *,
    group,
    groups,
    children: list[ChildFacts],
    tasks: dict,
    noted: dict[UUID, Written],
    answered: dict[UUID, date],
    current: UUID | None,
) -> dict:
    """Return `board` of pages/teacher/class.html; children somebody asked about come first, the topic is not named.

    `asked_first` are the children at whom the class is asked to look before a check.
    """
    of_child = {child.id: tasks.get(child.id, ()) for child in children}
    first = {
        child.id for child in children if is_asked(work, child, of_child[child.id], "behaviour", answered.get(child.id))
    }
    asked = {
        child_id: sum(task.kind in ("care_task", CLASS_ADVICE) for task in found) + (child_id in first)
        for child_id, found in of_child.items()
    }
    ordered = sorted(children, key=lambda child: not asked[child.id])
    return {
        "asked_first": first,
        "name": group.name,
        "line": _("%(day)s · %(n)s 人", day=words.long_day(work.now.astimezone(LOCAL).date()), n=len(children)),
        "meal": _meal(group) if children else None,
        "tiles": [
            _tile(group.id, child, asked[child.id], noted.get(child.id, Written()), current) for child in ordered
        ],
        "asks": any(asked.values()),
        "asked_note": _asked_note(any(asked.values()), sum(each.today for each in noted.values())),
        "checks": _checks(group, children, tasks) if children else [],
        "month_note": _month_note(work, children, noted),
        "tasks": [],
        "raised_href": url_for("raised.in_classes") if group.is_led else "",
        "signs": [
            _asked_of_class(child, task)
            for child in children
            for task in tasks.get(child.id, ())
            if task.kind in ("signature", "dispute")
        ],
        "switch": _switch(group, groups) if len(groups) > 1 else [],
    }


def _asked_note(asks: bool, written: int) -> str:
    if asks:
        return _("排在最前，点开才看得到内容。全班今天已记 %(n)s 条，够了就不用再记。", n=written)
    return _("今天没有要看的，想记也可以。全班今天已记 %(n)s 条，够了就不用再记。", n=written)


def _meal(group) -> dict:
    return {
        "text": _("全班午餐：先点“都吃完了”，再点个别孩子改。"),
        "href": url_for("classes.whole", group_id=group.id),
    }


def _checks(group, children: list[ChildFacts], tasks: dict) -> list[dict]:
    return [
        {"href": url_for("daily.check_class", group_id=group.id, part="morning"), "text": _("晨检")},
        {"href": url_for("daily.check_class", group_id=group.id, part="noon"), "text": _("午检")},
        {"href": url_for("daily.follow_ups"), "text": _followed(children, tasks)},
    ]


def _switch(group, groups) -> list[dict]:
    return [
        {"text": each.name, "href": url_for("classes.of", group_id=each.id), "is_current": each.id == group.id}
        for each in groups
    ]


def _followed(children: list[ChildFacts], tasks: dict) -> str:
    """Return how many matters of the daily checks are open; the shared tablet says no more."""
    number = sum(task.kind == "daily_exception" for child in children for task in tasks.get(child.id, ()))
    return _("要跟进 %(n)s 件", n=number) if number else _("要跟进的")


def _month_note(work, children: list[ChildFacts], noted: dict[UUID, Written]) -> str:
    """Return how many children are still to be looked at this month; nobody is named and nobody is late."""
    wanted = work.content.behaviours.observations_a_month["teacher"]
    left = sum(noted.get(child.id, Written()).month < wanted for child in children)
    return _("这个月还有 %(n)s 个孩子没有观察记录，方便时看一看。", n=left) if left else ""


def _asked_of_class(child: ChildFacts, task: TaskFacts) -> dict:
    """Return a line for a class summary to write, or a family's disagreement to answer."""
    if task.kind == "dispute":
        href = url_for("disputes.answer_page", child_id=child.id, note_id=task.subject_id)
        return {"text": _("%(name)s：家长对一条记录有异议，请答复", name=child.name), "href": href}
    href = url_for("classes.summary", child_id=child.id, task_id=task.id)
    return {"text": _("%(name)s：请写一份班级小结", name=child.name), "href": href}


def _tile(group_id: UUID, child: ChildFacts, asked: int, noted: Written, current: UUID | None) -> dict:
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "href": url_for("classes.observe_page", group_id=group_id, child_id=child.id),
        "is_current": child.id == current,
        "is_away": False,
        "ask": _("请看 %(n)s 条", n=asked) if asked else "",
        "note": _("已记 %(n)s", n=noted.today) if noted.today else "—",
        "is_noted": noted.today > 0,
    }


def card(
    work,
    group,
    child: ChildFacts,
    tasks: list[TaskFacts],
    domain: str,
    form,
    observed: list[OpenEntry],
    *,
    is_asked_first: bool,
) -> dict:
    """Return `panel` of partials/observe_panel.html: one domain's questions for the child's age.

    `observed` is what the class has observed of the child so far.
    """
    local = work.now.astimezone(LOCAL)
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "ask": "",
        "tasks": [_look_first(group, child)] * is_asked_first
        + [_suggested(work, group, child, task) for task in tasks if task.kind == CLASS_ADVICE]
        + [_wanted(work, group, child, task) for task in tasks if task.kind == "care_task"],
        "concern_href": url_for("classes.concern_page", group_id=group.id, child_id=child.id),
        "report_href": url_for("reports.write_page", child_id=child.id),
        "count": "",
        "action": url_for("classes.observe", group_id=group.id, child_id=child.id),
        "form": form,
        "domain": domain,
        "domains": _domains(group, child, domain),
        "questions": questions(work, child, domain, observed),
        "talk": signals_of(work, child, observed).unlinked != (),
        "who_sees": _("%(name)s的家长和医生看得到，其他家长看不到", name=child.name),
        "observed_at": f"{local:%Y-%m-%dT%H:%M}",
        "observed_text": _("现在 %(time)s", time=f"{local:%H:%M}"),
        "just_saved": "",
        "undo_href": "",
        "back": {"href": url_for("classes.of", group_id=group.id), "text": group.name},
    }


def _wanted(work, group, child: ChildFacts, task: TaskFacts) -> dict:
    """Return a task of the plan that the class does with the child."""
    return {
        "text": words.told(task.title),
        "note": " · ".join(filter(None, (words.told(task.body["frequency"]), calm(work, task)))),
        "href": url_for("classes.check_in_page", group_id=group.id, child_id=child.id, task_id=task.id),
        "tap": url_for("classes.check_in", group_id=group.id, child_id=child.id, task_id=task.id)
        if is_wanted(work, task)
        else "",
        "is_asked": False,
    }


def _suggested(work, group, child: ChildFacts, task: TaskFacts) -> dict:
    """Return what the doctor suggests for the class; it stays until it is read."""
    return {
        "text": words.told(task.title),
        "note": words.stamp(task.created_at),
        "href": advice_href(group.id, child, task),
        "tap": "",
        "is_asked": True,
    }


def advice_href(group_id: UUID, child: ChildFacts, task: TaskFacts) -> str:
    """Return the page of a suggestion for the class."""
    return url_for("classes.advice", group_id=group_id, child_id=child.id, task_id=task.id)


def _domains(group, child: ChildFacts, current: str) -> list[dict]:
    return [
        {
            "name": str(name),
            "icon": icon,
            "href": url_for("classes.observe_page", group_id=group.id, child_id=child.id, domain=key),
            "is_current": key == current,
        }
        for key, (name, icon, _gathered) in DOMAINS.items()
    ]


def _look_first(group, child: ChildFacts) -> dict:
    return {
        "text": _("检查前先看一看这几条"),
        "note": _("点一点就好，约 1 分钟"),
        "href": url_for("informants.in_class", group_id=group.id, child_id=child.id),
        "tap": "",
        "is_asked": True,
    }


def questions(work, child: ChildFacts, domain: str, observed: list[OpenEntry]) -> list[dict]:
    """Return the questions of one tile for a child's age: logs of meal and sleep, items of behaviours.yaml.

    What is not there yet comes first; past MOST_QUESTIONS they are folded away, never left out.
    """
    logs = [
        {"name": f"log_{name}", "text": str(text), "is_asked": False, "hint": "", "options": _options(choices)}
        for name, (text, choices) in LOGS.get(domain, {}).items()
    ]
    asked = logs + item_questions(work, child, DOMAINS[domain][2], observed, SCORES)
    return [each | {"is_more": place >= MOST_QUESTIONS} for place, each in enumerate(asked)]


def item_questions(
    work, child: ChildFacts, domains: tuple[str, ...], observed: list[OpenEntry], options: dict
) -> list[dict]:
    """Return the questions about the items of some domains for a child's age, what is not there yet first."""
    scores = scores_in(observed)
    items = items_to_see(work.content, scores, child.corrected_months(work.today))
    wanted = [item for item in items if item.domain in domains]
    unseen = signals_of(work, child, observed).unseen
    return [
        {
            "name": f"obs_{item.code}",
            "text": words.told(item.text),
            "is_asked": False,
            "hint": _("最近两次都没有机会看到，安排一次看看") if item in unseen else "",
            "options": _options(options),
        }
        for item in sorted(wanted, key=lambda item: scores.get(item.code, [0])[-1] == 2)
    ]


def _options(choices: dict) -> list[dict]:
    return [{"value": value, "text": str(text)} for value, text in choices.items()]


def local_moment(text: str, now: datetime) -> date:
    """Return the day a datetime-local field names; now where it is left alone. Raises ValueError."""
    return datetime.fromisoformat(text).date() if text else now.astimezone(LOCAL).date()

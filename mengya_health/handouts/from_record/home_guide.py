"""家庭指导单: what a family does at home until the next visit, in plain words, with every safety text."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.care.facts import CaseFacts, TaskFacts
from mengya_health.care.queries import OpenCase, cases_of, facts_of, find_case
from mengya_health.errors import Invalid, NotFound, NotNow
from mengya_health.handouts.content import HomeGuide, HomeTask, TitledChart
from mengya_health.handouts.from_record.measured import in_plain_words, titled_charts
from mengya_health.handouts.from_record.objections import objections_to
from mengya_health.handouts.from_record.sheet import (
    child_on_paper,
    fitted,
    imprint,
    name_of,
    naming,
    phone_of,
    place,
    require_plain,
    room,
)
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.measurements import Measurement, measurements_in
from mengya_health.screening.queries import checks_of, open_visit_of

STEPS = {"prevention": 1, "screening": 2, "intervention": 3, "consolidation": 4}
DAYS_OF_LOG = 7
USUAL_WEEKS = 4  # where no next visit is planned
CHART_NOTE = "圆点是您的孩子。两条虚线之间都常见，不必在正中间。"
SAID_BY_DOCTOR = "医生的话"


@dataclass(frozen=True)
class Guide:
    """What a plan and a check have in common when they become a guide, on paper or on a page."""

    entry: OpenEntry
    step: int
    sentence: str
    tasks: tuple[HomeTask, ...]
    cautions: tuple[str, ...]
    columns: tuple[str, ...]
    history: list[Measurement]
    next_visit_on: date | None
    longest_weeks: int

    def weeks(self, today: date) -> int:
        """Return for how many weeks it is: until the next visit, else as long as its longest task."""
        return _weeks_until(self.next_visit_on, today) or self.longest_weeks


def home_guide(work, child: ChildFacts, case_id: UUID | None = None) -> HomeGuide:
    """Return the guide of a case's plan, agreed or proposed; without a case, of the last check.

    Raises NotNow where there is nothing to do at home, Invalid for words that are too long or not for families.
    """
    require(work.actor, Permission.PRINT_HEALTH, child.subject)
    guide = _of_case(work, child, case_id) if case_id else guide_of_last_check(work, child)
    clinic, on_paper = place(work, child.clinic_id), child_on_paper(work, child)
    with naming(sentence="写给家长的一句话", tasks="在家做的事", cautions="注意"):
        return HomeGuide(
            imprint=imprint(work, clinic, number=child.number, sources=[guide.entry]),
            child=on_paper,
            step=guide.step,
            sentence=guide.sentence,
            weeks=guide.weeks(work.today),
            tasks=guide.tasks,
            cautions=(*allergy_caution(on_paper.allergies), *guide.cautions),
            chart=_weight_chart(work, child, guide.history),
            log_columns=guide.columns,
            log_days=tuple(work.today + timedelta(days=day) for day in range(1, DAYS_OF_LOG + 1)),
            go_now=work.content.task_rules.go_now,
            next_visit_on=guide.next_visit_on,
            doctor=fitted(HomeGuide, "doctor", name_of(work, guide.entry.author_id)),
            phone=phone_of(clinic),
            objections=objections_to(work, child, [guide.entry]),
        )


def guide_of_case(work, case_id: UUID) -> tuple[ChildFacts, Guide]:
    """Return child and guide of a case's plan, to be read on a page, also by those who print nothing.

    Raises NotFound, NotPermitted, NotNow and Invalid as `home_guide`.
    """
    opened = find_case(work, case_id)
    require(work.actor, Permission.READ_HEALTH, opened.child.subject)
    return opened.child, _of_plan(work, opened)


# --- from a plan ------------------------------------------------------------------------------------------------------


def _of_case(work, child: ChildFacts, case_id: UUID) -> Guide:
    opened = find_case(work, case_id)
    if opened.child.id != child.id:
        raise NotFound
    return _of_plan(work, opened)


def _of_plan(work, opened: OpenCase) -> Guide:
    facts = facts_of(work, opened)
    plan, tasks = facts.newest("care_plan"), _tasks_at_home(facts)
    if plan is None or facts.loop.is_closed(facts.state):
        raise NotNow("这个个案现在没有计划。请先制定计划。", "This case has no plan now; make one first.")
    if not tasks:
        raise NotNow("计划里现在没有在家做的事。", "The plan has nothing to do at home now.")
    return Guide(
        entry=plan,
        step=STEPS[facts.loop.states[facts.state].stage],
        sentence=_one_sentence(plan.content["summary"]),
        tasks=tuple(_home_task(task) for task in tasks),
        cautions=_cautions(work, [task.body["item"] for task in tasks]),
        columns=_log_columns(tasks),
        history=measurements_in(facts.entries),
        next_visit_on=_next_visit_on(facts) if facts.state != "planning" else None,
        longest_weeks=max(task.body["weeks"] for task in tasks),
    )


def _tasks_at_home(facts: CaseFacts) -> list[TaskFacts]:
    """Return what the family does for the newest plan, those that wait for its signature included."""
    plan = facts.newest("care_plan")
    own = [task for task in facts.own_tasks if task.kind == "care_task" and task.whose_turn == "guardian"]
    return [task for task in own if task.is_open and plan and task.subject_id == plan.id]


def _home_task(task: TaskFacts) -> HomeTask:
    body = task.body
    timed = f"{body['frequency']}，每次约{body['minutes']}分钟"
    is_timed = body["minutes"] and len(timed) <= room(HomeTask, "how_often")
    label = f"“{body['title']}”的交代"
    with naming(note=label):
        return HomeTask(
            title=fitted(HomeTask, "title", body["title"]),
            how_often=timed if is_timed else body["frequency"],
            how=body["text"],
            note=require_plain(body["note"], field="note", label=label),
            safety=body["safety"],
        )


def _one_sentence(summary: str) -> str:
    """Return a plan's summary; of a longer one its first paragraph: what is ahead stands in the tasks."""
    whole = " ".join(summary.split())
    first = summary.strip().splitlines()[0]
    said = whole if len(whole) <= room(HomeGuide, "sentence") else first
    return require_plain(said, field="sentence", label="写给家长的话")


def _cautions(work, items: Iterable[str]) -> tuple[str, ...]:
    """Return the rule when to stop, and the general safety text of every kind of task among these."""
    rules = work.content.task_rules
    known = [work.content.tasks.get(item) for item in items]
    kinds = dict.fromkeys(task.general_safety for task in known if task and task.general_safety)
    return (rules.stop_rule, *(rules.general_safety(kind) for kind in kinds))


def _log_columns(tasks: list[TaskFacts]) -> tuple[str, ...]:
    """Return one column to tick for each task: its title, or where that is long the first thing it asks to note."""
    names = [(task.title, *task.body["log"]) for task in tasks]
    return tuple(dict.fromkeys(_first_that_fits(each, number) for number, each in enumerate(names, start=1)))


def _next_visit_on(facts: CaseFacts) -> date | None:
    coming = [task.due_on for task in facts.tasks if task.is_open and task.kind in ("follow_up", "visit")]
    return min((on for on in coming if on >= facts.today), default=None)


# --- from the last check ----------------------------------------------------------------------------------------------


def guide_of_last_check(work, child: ChildFacts) -> Guide:
    """Return what the guide of the last check says. Raises NotNow and Invalid as `home_guide`."""
    checks = checks_of(work, child)
    check = next((entry for entry in reversed(checks) if entry.content.get("visit")), None)
    if check is None or not check.content["advice"].strip():
        raise NotNow(
            "上次检查没有写给家长的话。请先补上，再打印。",
            "The last check has no words for the family; add them first.",
        )
    rules, tasks = work.content.task_rules, _advice(check.content["advice"])
    return Guide(
        entry=check,
        step=max((STEPS.get(case.stage, 1) for case in cases_of(work, child)), default=1),
        sentence=_what_was_measured(child, check),
        tasks=tasks,
        # What a doctor writes after a check is nearly always also about food.
        cautions=(rules.stop_rule, rules.feeding_safety),
        columns=tuple(_first_that_fits((task.title,), number) for number, task in enumerate(tasks, start=1)),
        history=measurements_in(checks),
        next_visit_on=_planned_visit_on(work, child),
        longest_weeks=USUAL_WEEKS,
    )


def _what_was_measured(child: ChildFacts, check: OpenEntry) -> str:
    found = measurements_in([check])
    measured = f"：{in_plain_words(child, found[0])}" if found else ""
    return f"{child.age_text(check.happened_on)}的检查做好了{measured}。"


def _advice(text: str) -> tuple[HomeTask, ...]:
    """Return each line the doctor wrote as one thing to do, its first words in front."""
    said = [line.strip() for line in require_plain(text, field="advice", label="给家长的话").splitlines()]
    lines = [line for line in said if line]
    if len(lines) > room(HomeGuide, "tasks"):
        most = room(HomeGuide, "tasks")
        raise Invalid(fields={"advice": [f"给家长的话：一张指导单最多 {most} 件事，请分成 {most} 行以内。"]})
    with naming(how="给家长的话", title="给家长的话"):
        return tuple(_as_task(line) for line in lines)


def _as_task(line: str) -> HomeTask:
    ends = [place for mark in "：，；。" if (place := line.find(mark)) > 0]
    first = line[: min(ends, default=len(line))]
    if len(first) > room(HomeTask, "title"):
        return HomeTask(title=SAID_BY_DOCTOR, how_often="", how=line)
    return HomeTask(title=first, how_often="", how=line[len(first) + 1 :])


def _planned_visit_on(work, child: ChildFacts) -> date | None:
    planned = open_visit_of(work, child)
    return planned.due_on if planned and planned.due_on >= work.today else None


# --- both -------------------------------------------------------------------------------------------------------------


def _weeks_until(on: date | None, today: date) -> int:
    """Return the weeks until a day, to the nearest one and at least one; 0 where there is no day."""
    return max(1, round((on - today).days / 7)) if on else 0


def allergy_caution(allergies: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the one line that is for this child: the menu is written for every child."""
    return (f"孩子对{'、'.join(allergies)}过敏：上面如果写到，就跳过，不给孩子用。",) if allergies else ()


def _first_that_fits(names: Iterable[str], number: int) -> str:
    """Return the first name that a column of the log is wide enough for, else which thing it is."""
    widest = HomeGuide.__dataclass_fields__["log_columns"].metadata["each"]
    return next((name for name in names if len(name) <= widest), f"第{number}件事")


def _weight_chart(work, child: ChildFacts, history: list[Measurement]) -> TitledChart | None:
    (chart,) = titled_charts(work, child, history, ("wfa",), for_family=True) or (None,)
    return TitledChart(title="体重图", chart=chart.chart, note=CHART_NOTE) if chart else None

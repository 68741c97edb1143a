"""The page of a care plan: write it, change it before it is signed, write a new version, take support up again."""

from uuid import UUID

from flask import render_template
from marshmallow import fields

from mengya_health.care import plans
from mengya_health.care.queries import OpenCase, facts_of
from mengya_health.content.service_menu import Task
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotNow
from mengya_health.fields import Choice, LocalDate, PlainText, Reference, WholeNumber
from mengya_health.handouts.from_record.sheet import require_plain
from mengya_health.web.cases import RowVersion, bp, case_of_clinic
from mengya_health.web.drafts import OF_CASE, with_draft
from mengya_health.web.sent import back_to_case
from mengya_health.web.shown.plans import GOALS, MODES, SENTENCE_AT_MOST, hands_of, offered_tasks, plan_page

GOAL_PARTS = ("measure", "target", "by_on")


class Plan(RowVersion):
    """What every plan has; goals and the tasks on offer add their own fields."""

    summary = PlainText(longest=200, lines=True, required=True)
    reason = PlainText(longest=200, lines=True, load_default="")
    evidence_id = Reference(load_default=None)


@bp.get("/cases/<uuid:case_id>/plan")
@signed_in
def plan(work, case_id: UUID):
    opened = _case(work, case_id)
    form = with_draft(form_state(), work, opened.child, "cases.save_plan", row_version=opened.case.row_version)
    page = plan_page(work, opened, facts_of(work, opened), form)
    return render_template("pages/cases/plan.html", **page)


@bp.post("/cases/<uuid:case_id>/plan")
@signed_in(again="cases.plan", draft=OF_CASE)
def save_plan(work, case_id: UUID):
    opened = _case(work, case_id)
    tasks = offered_tasks(work.content, opened.child, opened.body["pathway"], work.today)
    said = submitted(_form(opened, tasks))
    written = {"summary": _summary(said), "goals": _goals(said), "tasks": _tasks(said, tasks)}
    _store(work, opened, written, said)
    return back_to_case(work, case_id)


def _case(work, case_id: UUID) -> OpenCase:
    opened = case_of_clinic(work, case_id)
    if opened.case.state not in MODES:
        raise NotNow(
            "现在还不能写计划：要先确认需要进一步检查。已经结束的个案，先再次打开。",
            "No plan can be written now. Flag the case first, or open a closed one again.",
        )
    return opened


def _store(work, opened: OpenCase, plan: dict, said: dict) -> None:
    """Send the plan to the command that fits where the case stands."""
    mode, _words = MODES[opened.case.state]
    case_id, seen, reason = opened.case.id, said["row_version"], said["reason"]
    match mode:
        case "plan":
            plans.make_plan(work, case_id, plan=plan, seen_version=seen)
        case "change":
            plans.change_plan(work, case_id, plan=plan, seen_version=seen)
        case "revise":
            plans.revise(work, case_id, plan=plan, reason=reason, seen_version=seen)
        case "relapse":
            evidence = said["evidence_id"]
            plans.relapse(work, case_id, reason=reason, plan=plan, evidence_id=evidence, seen_version=seen)


def _form(opened: OpenCase, tasks: tuple[Task, ...]) -> Plan:
    taken: dict[str, fields.Field] = {"tasks": fields.List(Choice(*(task.id for task in tasks)), load_default=list)}
    for number in GOALS:
        taken[f"goal_{number}_measure"] = PlainText(longest=40, load_default="")
        taken[f"goal_{number}_target"] = PlainText(longest=60, load_default="")
        taken[f"goal_{number}_by_on"] = LocalDate(load_default=None)
    for task in tasks:
        taken[f"task_{task.id}_who"] = Choice(*hands_of(task, opened.child))
        taken[f"task_{task.id}_weeks"] = WholeNumber(low=1, high=52)
        taken[f"task_{task.id}_note"] = PlainText(longest=120, load_default="")
    return Plan.from_dict(taken)()


def _summary(said: dict) -> str:
    """Return the words for the family: plain ones, with a first line that fits on the printed guide."""
    text = require_plain(said["summary"], field="summary", label="家长会读到的话")
    if len(text) > SENTENCE_AT_MOST and len(text.splitlines()[0]) > SENTENCE_AT_MOST:
        raise Invalid(
            fields={
                "summary": [
                    f"第一段印在指导单上，最多 {SENTENCE_AT_MOST} 个字。"
                    f" The first line is printed; at most {SENTENCE_AT_MOST} characters."
                ]
            }
        )
    return text


def _goals(said: dict) -> list[dict]:
    goals = [{part: said[f"goal_{number}_{part}"] for part in GOAL_PARTS} for number in GOALS]
    return [goal for goal in goals if any(goal.values())]


def _tasks(said: dict, offered: tuple[Task, ...]) -> list[dict]:
    """Return the chosen tasks as `PlanInput` loads them. Raises Invalid for one without a hand."""
    chosen = [task for task in offered if task.id in said["tasks"]]
    nobody = {f"task_{t.id}_who": ["请选谁来做。 Please choose who does it."] for t in chosen if not _who(said, t)}
    if nobody:
        raise Invalid(fields=nobody)
    return [
        {
            "item": task.id,
            "who": _who(said, task),
            "weeks": said.get(f"task_{task.id}_weeks"),
            "note": require_plain(said[f"task_{task.id}_note"], field=f"task_{task.id}_note", label="交代"),
        }
        for task in chosen
    ]


def _who(said: dict, task: Task) -> str | None:
    return said.get(f"task_{task.id}_who")

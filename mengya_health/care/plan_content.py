"""What a care plan says: goals with measure and target, tasks of the service menu as they stood when it was made."""

from uuid import UUID

from marshmallow import Schema, fields, validate

from mengya_health.care.due_dates import records_needed
from mengya_health.care.workflow import Workflow
from mengya_health.content import Content
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, LocalDate, PlainText, WholeNumber


class GoalInput(Schema):
    measure = PlainText(longest=40, required=True)
    target = PlainText(longest=60, required=True)
    by_on = LocalDate()


class PlanTaskInput(Schema):
    item = PlainText(longest=8, required=True)
    who = Choice("guardian", "teacher", required=True)
    weeks = WholeNumber(low=1, high=52)
    note = PlainText(longest=120)


class PlanInput(Form):
    """A plan as a page or a file gives it: `summary` in plain words for the family, goals, tasks."""

    summary = PlainText(longest=200, lines=True, required=True)
    goals = fields.List(fields.Nested(GoalInput), required=True, validate=validate.Length(max=6))
    tasks = fields.List(fields.Nested(PlanTaskInput), required=True, validate=validate.Length(max=6))


def plan_content(content: Content, loop: Workflow, plan: dict, *, replaces: UUID | None = None) -> dict:
    """Return the content of a plan's entry. `plan` is what `PlanInput` loads.

    Raises Invalid for a task the menu does not have, or that is not for whoever it is given to.
    """
    tasks = [_task(content, loop, position, task) for position, task in enumerate(plan.get("tasks", ()))]
    goals = [_goal(goal) for goal in plan.get("goals", ())]
    written = {"summary": plan.get("summary", ""), "goals": goals, "tasks": tasks, "content_version": content.version}
    return written | ({"replaces": str(replaces)} if replaces else {})


def _goal(goal: dict) -> dict:
    by_on = goal.get("by_on")
    return {
        "measure": goal.get("measure", ""),
        "target": goal.get("target", ""),
        **({"by_on": by_on.isoformat()} if by_on else {}),
    }


def _task(content: Content, loop: Workflow, position: int, wanted: dict) -> dict:
    item = content.tasks.get(wanted["item"])
    if item is None:
        raise Invalid(fields={f"tasks.{position}.item": ["服务菜单里没有这一项。 Not on the service menu."]})
    who = {"guardian": "parent", "teacher": "teacher"}[wanted["who"]]
    if who not in item.who:
        raise Invalid(fields={f"tasks.{position}.who": ["这一项不派给这个人。 This task is not for this person."]})
    weeks = wanted.get("weeks") or item.weeks
    return {
        "item": item.id,
        "who": wanted["who"],
        "title": item.title,
        "text": item.text,
        "frequency": item.frequency,
        "minutes": item.minutes,
        "weeks": weeks,
        "log": list(item.log),
        "safety": item.safety or "",
        "service": item.service,
        "note": wanted.get("note", ""),
        "records": records_needed(loop, item.frequency, weeks),
    }

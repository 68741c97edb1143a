"""Two morning checks of one class of the demo: everybody well but two, one of whom stays at home for a while."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from mengya_health.care import daily_checks, follow_through
from mengya_health.care.queries import tasks_for
from mengya_health.operations.demo_children import BEAN
from mengya_health.operations.demo_stage import Stage
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import class_children

DAYS_AGO = (2, 1)
AT = time(8, 30)


def check_mornings(stage: Stage, on: date, at: time) -> None:
    """Check the class; on the first of the two mornings one child has a rash, on the second another coughs."""
    with stage.work(stage.staff["teacher"], on, at) as work:
        children = class_children(work, stage.groups[BEAN])
        ill = next(child for child in children if child.subject.current("guardian"))
        coughing = next(child for child in children if child.id != ill.id)
        if on == stage.ago(DAYS_AGO[0]):
            found = {"presence": "here", "card": "红", "temperature": "37.6", "seen": ["皮疹/疱疹"], "handling": "离园"}
            daily_checks.check_child(work, ill, "morning", found, shown="")
            _send_home(work, ill, on)
        else:
            found = {"presence": "here", "card": "黄", "symptoms": ["咳嗽"], "handling": "多喝水，留意"}
            daily_checks.check_child(work, coughing, "morning", found, shown="")
        daily_checks.check_class(work, children, "morning", pressed=_at_home(ill, on, stage), shown={}, rest=True)


def _send_home(work, child: ChildFacts, on: date) -> None:
    work.session.flush()
    tasks = tasks_for(work, {child.id: child}, "teacher")[child.id]
    (task,) = (each for each in tasks if each.kind == follow_through.TASK)
    follow_through.add_step(work, task.id, "notified", way="电话", text="妈妈，8:40")
    follow_through.add_step(work, task.id, "handled", way="离园")
    known = {"disease": "HFMD", "onset_on": on, "conditions": ["体温正常"]}
    follow_through.keep_exclusion(work, task.id, known, row_version=0)


def _at_home(child: ChildFacts, on: date, stage: Stage) -> dict[UUID, str]:
    return {} if on == stage.ago(DAYS_AGO[0]) else {child.id: "ill"}

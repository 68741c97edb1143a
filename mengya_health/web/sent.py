"""After something was asked of others: back to the page, with a word where no message tells them."""

from uuid import UUID

from flask import redirect, url_for
from sqlalchemy import select

from mengya_health.care.models import Task
from mengya_health.care.reach import doctors_are_reached, not_reached
from mengya_health.care.tasks import task_facts
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child

ASKED_OF_OTHERS = ("signature", "referral_reply", "release")  # whoever has them should hear of it


def back_to_case(work, case_id: UUID):
    """Return to a case after a decision; the line at the top says who was asked just now and gets no message."""
    work.session.flush()
    asked = select(Task).where(
        Task.case_id == case_id,
        Task.kind.in_(ASKED_OF_OTHERS),
        Task.created_at == work.now,
        Task.whose_turn != "doctor",
    )
    tasks = [task_facts(work, task) for task in work.session.scalars(asked)]
    said = "stored"
    if tasks:
        child = find_child(work, work.session.scalar(asked).child_id)
        unheard = not_reached(work, [(child, task) for task in tasks])
        turns = {task.whose_turn for task in tasks if task.id in unheard}
        said = f"unheard_{turns.pop() if len(turns) == 1 else 'others'}" if turns else said
    return redirect(url_for("cases.show", case_id=case_id, saved=said), 303)


def sent_to_doctor(work, child: ChildFacts, said: str = "sent") -> str:
    """Return the code of the line after something was sent to the doctor: another where no message tells them."""
    return said if doctors_are_reached(work, child) else "unheard_doctor"

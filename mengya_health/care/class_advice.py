"""给老师的建议: what the doctor, or the reply to a referral, suggests for the class; the teacher reads it, no more.

It belongs to no case: whose turn it is in a case and what keeps it open do not hang on a teacher's 知道了.
"""

from uuid import UUID

from mengya_health import audit
from mengya_health.care.models import Task
from mengya_health.care.queries import find_task
from mengya_health.care.tasks import CLASS_ADVICE, end_task, place_of, start_task
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry


def give_advice(work, child: ChildFacts, *, text: str, for_class: str = "") -> Entry:
    """Write a short word of advice for the family, and tell the class what is meant for it. Raises NotPermitted."""
    content = {"text": text} | ({"for_class": for_class} if for_class else {})
    entry = record_entry(work, child, section="health", kind="advice", content=content, happened_on=work.today)
    suggest(work, child, for_class, entry_id=entry.id)
    return entry


def suggest(work, child: ChildFacts, text: str, *, entry_id: UUID) -> None:
    """Put a suggestion on the list of the child's class; nothing where there is no word of it, or no class."""
    if text.strip() and place_of(child, "teacher"):
        body = {"title": "医生给班里的建议", "text": text}
        start_task(
            work, child, kind=CLASS_ADVICE, whose_turn="teacher", due_on=work.today, body=body, subject_id=entry_id
        )


def find_suggestion(work, child_id: UUID, task_id: UUID) -> tuple[ChildFacts, Task]:
    """Return a suggestion that the class of this child has not read yet. Raises NotFound, NotPermitted."""
    child, task = find_task(work, task_id, CLASS_ADVICE)
    if child.id != child_id or task.whose_turn != "teacher":
        raise NotFound
    return child, task


def understand(work, child_id: UUID, task_id: UUID) -> None:
    """Say as a teacher that a suggestion is read. Raises NotFound, NotPermitted."""
    child, task = find_suggestion(work, child_id, task_id)
    end_task(work, task)
    audit.changed(work, child.id, "task", task.id)

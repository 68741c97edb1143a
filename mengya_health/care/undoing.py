"""Taking a decision back: the state by a compensating step, tasks and papers put right again. Nothing is erased."""

from uuid import UUID

from sqlalchemy import select

from mengya_health.care import loop
from mengya_health.care.commands import start
from mengya_health.care.ending import give_up
from mengya_health.care.facts import CaseFacts, StepFacts
from mengya_health.care.models import Case, Referral
from mengya_health.care.queries import OpenCase
from mengya_health.care.tasks import settle, undo_tasks
from mengya_health.errors import NotNow
from mengya_health.record.commands import correct_entry, end_entry
from mengya_health.record.queries import find_entry

PAPERS = ("care_plan", "closing_summary", "referral", "question")


def take_back_step(work, case_id: UUID, *, seen_version: int | None = None) -> Case:
    """Take one's own last decision back within ten minutes, as long as nobody has acted on it. Raises NotNow."""
    opened, facts = start(work, case_id, seen_version)
    _step, numbers = loop.take_back(work, opened.case, facts=facts)
    undone = [each for each in facts.steps if each.seq in numbers]
    _recall_letters(work, opened, facts, undone)
    undo_tasks(work, opened.case, numbers)
    _restore_papers(work, opened, facts, undone)
    settle(work, opened.child, opened.case, facts)  # without the step: what is to be decided again keeps its day
    return opened.case


def _recall_letters(work, opened: OpenCase, facts: CaseFacts, undone: list[StepFacts]) -> None:
    letters = [e.id for e in facts.own_entries if e.kind == "referral" and _is_of(e, undone)]
    for row in work.session.scalars(select(Referral).where(Referral.entry_id.in_(letters))).all():
        if row.status != "requested":
            raise NotNow("接诊机构已经收到转诊单，不能撤回。", "The receiver has the letter already.")
        give_up(work, opened.child, row, reason="other", text="撤回", status="entered-in-error")


def _restore_papers(work, opened: OpenCase, facts: CaseFacts, undone: list[StepFacts]) -> None:
    """Strike what these steps wrote, bring back what they ended, and give a changed plan its former words."""
    for entry in [e for e in facts.own_entries if e.kind in PAPERS and _is_of(e, undone)]:
        if entry.version == 1:
            end_entry(work, opened.child, entry.id, "entered-in-error")
        else:
            former = find_entry(work, opened.child, entry.id, version=entry.version - 1)
            correct_entry(work, opened.child, entry.id, content=former.content, row_version=entry.row_version)
    for step in undone:
        for entry_id in step.body.get("ended_entries", ()):
            end_entry(work, opened.child, UUID(entry_id), "active")


def _is_of(entry, undone: list[StepFacts]) -> bool:
    return any(entry.recorded_at == step.at and entry.author_id == step.actor_id for step in undone)

"""Rows of a case opened as plain values: nothing behind them reaches the database again."""

from mengya_health.care.facts import ReferralFacts, StepFacts
from mengya_health.care.models import Case, CaseStep, Referral
from mengya_health.work import LOCAL


def case_body(work, case: Case) -> dict:
    """Return what a case is about."""
    return work.keys.open_body("case", case.id, case.child_id, "health", case.body)


def referral_facts(work, row: Referral) -> ReferralFacts:
    """Return a referral as plain values."""
    not_done = row.not_done_reason
    return ReferralFacts(
        id=row.id,
        number=row.number,
        receiver_id=row.receiver_id,
        status=row.status,
        sent_on=row.sent_on,
        visit_by_on=row.visit_by_on,
        visited_on=row.visited_on,
        reply_due_on=row.reply_due_on,
        entry_id=row.entry_id,
        feedback_entry_id=row.feedback_entry_id,
        not_done=not_done and work.keys.open_body("referral", row.id, row.child_id, "health", not_done),
        row_version=row.row_version,
    )


def step_facts(work, step: CaseStep) -> StepFacts:
    """Return a step as plain values."""
    return StepFacts(
        id=step.id,
        seq=step.seq,
        event=step.event,
        from_state=step.from_state,
        to_state=step.to_state,
        round=step.round,
        actor_id=step.actor_id,
        actor_role=step.actor_role,
        at=step.at,
        on=step.at.astimezone(LOCAL).date(),
        body=work.keys.open_body("case_step", step.id, step.child_id, "health", step.body),
    )

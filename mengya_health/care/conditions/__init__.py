"""The conditions of the loop: small pure functions of `CaseFacts`, named in the workflow file. None of them raises."""

from collections.abc import Callable, Mapping

from mengya_health.care.conditions import closing, planning, screening, supplied, support
from mengya_health.care.conditions.finding import Finding
from mengya_health.care.facts import CaseFacts

__all__ = ["BY_NAME", "Finding", "is_released"]

BY_NAME: Mapping[str, Callable[[CaseFacts], Finding]] = {
    condition.__name__: condition
    for condition in (
        supplied.date_is_set,
        supplied.reason_is_given,
        supplied.question_is_asked,
        supplied.materials_are_chosen,
        supplied.stop_reason_is_typed,
        supplied.open_items_have_reasons,
        screening.pathway_is_free,
        screening.positive_is_on_file,
        screening.negative_is_on_file,
        screening.risk_is_past,
        screening.guardian_is_informed,
        screening.receiver_is_consented,
        screening.referrals_are_settled,
        screening.referrals_have_feedback,
        planning.plan_may_run_beside_referral,
        planning.goals_are_measurable,
        planning.tasks_are_assigned,
        planning.tasks_are_complete,
        planning.tasks_are_few,
        planning.tasks_suit_age,
        planning.plan_is_signed,
        support.success_rule_is_met,
        support.class_has_observed,
        support.home_records_are_in,
        support.evaluation_is_signed,
        support.relapse_evidence_is_on_file,
        closing.closing_rule_is_met,
        closing.nothing_is_open,
        closing.class_summary_is_signed,
        closing.class_has_confirmed,
        closing.closing_summary_is_signed,
        closing.confirmation_time_is_over,
        closing.contacts_were_tried,
        closing.second_doctor_agrees,
        closing.loss_is_shown,
    )
}


def is_released(facts: CaseFacts, event: str, condition: str) -> bool:
    """Return whether a reviewer released this condition of this event since the case came into its state."""
    start = facts.entered
    return any(
        task.kind == "release"
        and task.status == "completed"
        and task.body.get("event") == event
        and condition in task.body.get("conditions", ())
        and bool(task.body.get("is_granted"))
        and (start is None or task.created_at >= start.at)
        for task in facts.own_tasks
    )

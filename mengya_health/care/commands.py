"""Open a case and move it through screening; end it, open it again, take a decision back."""

from datetime import date
from uuid import UUID

from mengya_health.access.permissions import Permission
from mengya_health.care import loop, pathway_rules
from mengya_health.care.ending import close_all, close_referrals, other_open_cases
from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import Case
from mengya_health.care.queries import OpenCase, facts_of, find_case, open_case_on
from mengya_health.care.tasks import end_tasks, settle
from mengya_health.care.workflow import START
from mengya_health.db import new_id
from mengya_health.errors import Invalid
from mengya_health.people import seals
from mengya_health.people.models import Child
from mengya_health.people.queries import find_child

EXCLUDED, DECEASED = "2", "8"  # closing_reasons.yaml


def open_case(work, child_id: UUID, *, pathway_id: str, reason: str = "") -> Case:
    """Open a case: from now on the child is watched. Returns it, in state `watching`.

    Raises Invalid for an unknown pathway, NotNow when a case on this pathway is open, NotFound, NotPermitted.
    """
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    _require_pathway(work, pathway_id)
    workflow = loop.loop_of(work.content)
    case = Case(
        id=new_id(),
        child_id=child.id,
        organisation_id=child.clinic_id,
        workflow=workflow.id,
        workflow_version=workflow.version,
        state=START,
        pathway_tag=work.keys.tag_pathway(child.id, pathway_id),
        round=1,
        opened_on=work.today,
    )
    body = {"pathway": pathway_id, "content_version": work.content.version, "reason": reason, "triggers": []}
    _seal(work, case, body)
    opened = OpenCase(child, case, body)
    other = open_case_on(work, child, pathway_id)
    facts = facts_of(work, opened, reason=reason, other_open_case=other and other.id)
    step = loop.move(work, case, "open", facts=facts)
    remember_triggers(work, opened, facts)
    settle(work, child, case, facts, step)
    return case


def flag(work, case_id: UUID, *, reason: str = "", seen_version: int | None = None) -> Case:
    """Say that the child needs a closer look. Raises NotNow without a positive result or an accepted concern."""
    opened, facts = start(work, case_id, seen_version, reason=reason)
    step = loop.move(work, opened.case, "flag", facts=facts)
    remember_triggers(work, opened, facts)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def rescreen(
    work, case_id: UUID, *, due_on: date | None = None, reason: str = "", seen_version: int | None = None
) -> Case:
    """Arrange a second look by a date, by the usual time limit unless said."""
    decide = loop.loop_of(work.content).states["rescreening"].decide
    usual = work.content.time_limits[decide.limit].due_on(work.today)
    return step_to(work, case_id, "rescreen", seen_version, due_on=due_on or usual, reason=reason)


def clear(work, case_id: UUID, *, informed: str = "", reason: str = "", seen_version: int | None = None) -> Case:
    """Say that the closer look found nothing; the child stays watched. `informed` is a way of `contact_ways`."""
    return step_to(work, case_id, "clear", seen_version, informed=_way(work, informed), reason=reason)


def release(work, case_id: UUID, *, informed: str = "", reason: str = "", seen_version: int | None = None) -> Case:
    """End the watching (关注结束). Needs a negative result, a risk that is past, or a reason."""
    opened, facts = start(work, case_id, seen_version, informed=_way(work, informed), reason=reason)
    step = loop.move(work, opened.case, "release", facts=facts, noted={"closing_code": EXCLUDED})
    end_tasks(work, opened.case, step=step)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def stop_case(
    work,
    case_id: UUID,
    *,
    reason_code: str,
    reason: str = "",
    not_done: str = "",
    not_done_text: str = "",
    seen_version: int | None = None,
) -> Case:
    """End an open case for a typed reason of `closing_reasons`. `not_done` is the typed reason of whatever is left.

    After a death every other open case of the child is stopped, too, and everything due for it is cancelled. Works
    without consent to the record: then it is what is left to do.
    """
    given = {"reason_code": reason_code, "reason": reason, "not_done": not_done, "not_done_text": not_done_text}
    opened = find_case(work, case_id, permission=Permission.READ_CHILD, seen_version=seen_version)
    facts = facts_of(work, opened, **given)
    stopped = [(opened, facts)]
    if reason_code == DECEASED:
        stopped += [(other, facts_of(work, other, **given)) for other in other_open_cases(work, opened)]
    for each, each_facts in stopped:
        step = loop.move(work, each.case, "stop", facts=each_facts, noted={"closing_code": reason_code})
        close_referrals(work, each, each_facts, reason=not_done, text=not_done_text)
        end_tasks(work, each.case, status="cancelled", reason=not_done, text=not_done_text, step=step)
        settle(work, each.child, each.case, each_facts, step)
    if reason_code == DECEASED:
        close_all(work, opened.child, not_done)
        _mark_deceased(work, opened.child.id)
    return opened.case


def reopen(work, case_id: UUID, *, reason: str, seen_version: int | None = None) -> Case:
    """Open a closed case again under the same number, one round on."""
    opened = find_case(work, case_id, seen_version=seen_version)
    other = open_case_on(work, opened.child, opened.body["pathway"])
    is_other = other is not None and other.id != case_id
    facts = facts_of(work, opened, reason=reason, other_open_case=other.id if is_other else None)
    step = loop.move(work, opened.case, loop.REOPEN, facts=facts)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def start(work, case_id: UUID, seen_version: int | None, **given) -> tuple[OpenCase, CaseFacts]:
    """Return a case and its facts with what the actor supplies: how every decision begins."""
    opened = find_case(work, case_id, seen_version=seen_version)
    return opened, facts_of(work, opened, **given)


def step_to(work, case_id: UUID, event: str, seen_version: int | None, **given) -> Case:
    """Move a case by an event that changes nothing but where the case stands."""
    opened, facts = start(work, case_id, seen_version, **given)
    step = loop.move(work, opened.case, event, facts=facts)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def _require_pathway(work, pathway_id: str) -> None:
    if pathway_id not in work.content.pathways:
        raise Invalid(fields={"pathway_id": ["请选一条路径。 Please choose a pathway."]})


def _way(work, informed: str) -> str:
    if informed and informed not in loop.loop_of(work.content).contact_ways:
        raise Invalid(fields={"informed": ["请选一种告知方式。 Please choose how the family was told."]})
    return informed


def remember_triggers(work, opened: OpenCase, facts: CaseFacts) -> None:
    """Keep which metrics reach the mark: success, relapse and closing ask for just these."""
    triggers = pathway_rules.triggers_of(facts)
    if triggers:
        _seal(work, opened.case, dict(opened.body) | {"triggers": list(triggers)})


def _seal(work, case: Case, body: dict) -> None:
    case.body = work.keys.seal_body("case", case.id, case.child_id, "health", body)


def _mark_deceased(work, child_id: UUID) -> None:
    row = work.session.get(Child, child_id)
    row.status = "deceased"
    seals.reseal(work, row)

"""Forms that keep drafts: which child and section each writes, and how a page shows the draft it finds."""

from uuid import UUID

from flask import current_app, g, request
from flask_babel import gettext as _

from mengya_health.access.permissions import WRITE_SECTION, Permission, is_allowed, require
from mengya_health.care import follow_through
from mengya_health.care.conferences import find_conference
from mengya_health.care.disputes import find_dispute
from mengya_health.care.queries import find_case, find_task
from mengya_health.care.referral_lists import referral_at_door
from mengya_health.drafting import Drafted, address_of
from mengya_health.entry import DraftState, FormState
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.drafts import OpenDraft, find_draft
from mengya_health.web.shown import words
from mengya_health.work import LOCAL


def of_child(
    section: str, permission: Permission | None = None, *, compares: bool = False, told_by: tuple[str, ...] = ()
) -> Drafted:
    """Return the drafts of a form whose address names the child."""
    permission = permission or WRITE_SECTION[section]

    def find(work, child_id: UUID, **_address) -> ChildFacts:
        return find_child(work, child_id, permission)

    return Drafted(permission, section, find, compares, told_by)


def _child_of_case(work, case_id: UUID) -> ChildFacts:
    return find_case(work, case_id, permission=Permission.WRITE_HEALTH).child


OF_CASE = Drafted(Permission.WRITE_HEALTH, "health", _child_of_case)


def of_task(kind: str) -> Drafted:
    """Return the drafts of the doctor's answer to a task of this kind."""

    def find(work, task_id: UUID) -> ChildFacts:
        child, _task = find_task(work, task_id, kind)
        require(work.actor, Permission.WRITE_HEALTH, child.subject)
        return child

    return Drafted(Permission.WRITE_HEALTH, "health", find)


def of_letter(permission: Permission) -> Drafted:
    """Return the drafts of a reply to a referral, by its receiver or by the clinic that registers it from paper."""

    def find(work, referral_id: UUID) -> ChildFacts:
        return referral_at_door(work, referral_id, permission)[0]

    return Drafted(permission, "health", find)


def of_sheet() -> Drafted:
    """Return the drafts of a child's own sheet: name, contacts and numbers are sealed as they are there."""
    return of_child("identity", Permission.KEEP_CHILD, compares=True)


def of_conference() -> Drafted:
    """Return the drafts of what is written in a conference, by the clinic or by whoever is asked to it."""

    def find(work, conference_id: UUID) -> ChildFacts:
        return find_conference(work, conference_id).child

    return Drafted(Permission.READ_CONFERENCE, "health", find)


def of_objection() -> Drafted:
    """Return the drafts of an answer to an objection, by whichever hand is asked; it stays with the family's words."""

    def find(work, child_id: UUID, note_id: UUID) -> ChildFacts:
        return find_dispute(work, child_id, note_id)[0]

    return Drafted(Permission.READ_CHILD, "family", find)


def of_matter() -> Drafted:
    """Return the drafts of what the health staff writes while following a child after a check."""

    def find(work, task_id: UUID) -> ChildFacts:
        return follow_through.find(work, task_id).child

    return Drafted(Permission.WRITE_BEHAVIOUR, "behaviour", find)


def with_draft(
    state: FormState, work, child: ChildFacts, endpoint: str, *, row_version: int | None = None, **query
) -> FormState:
    """Return the state of the form that is sent to `endpoint`, filled in with the actor's draft if there is one.

    A form that was refused just now stays as it was typed. `row_version` is that of what the form corrects, `query`
    what its address has behind the path, and the fields it is told by. Where the actor may only read, nothing changes.
    """
    form: Drafted | None = current_app.view_functions[endpoint].draft
    if form is None or not is_allowed(work.actor, form.permission, child.subject):
        return state
    if child.subject.has_ended(form.section):
        return state
    address = address_of(endpoint, request.view_args, query)
    draft = find_draft(work, child, form.section, address)
    g.keeps_drafts = True
    state.draft = DraftState(
        work.keys.draft_id(work.actor.user_id, address).hex,
        draft.version if draft else 0,
        draft.field if draft else "",
    )
    if draft and not state.message:
        is_stale = _fill_in(state, draft, form, row_version)
        g.draft_shown = _notice(work, draft, address, is_stale=is_stale) | {"id": state.draft.id}
    return state


# --- inside -----------------------------------------------------------------------------------------------------------


def _fill_in(state: FormState, draft: OpenDraft, form: Drafted, row_version: int | None) -> bool:
    """Put a draft into a form; return whether what it corrects was changed since.

    Where a stale save shows both texts, the form keeps the version it was begun on, and saving it leads there.
    """
    state.values = {name: typed if len(typed) > 1 else typed[0] for name, typed in draft.values.items()}
    is_stale = row_version is not None and str(state.seen(row_version)) != str(row_version)
    if is_stale and not form.compares:
        state.values["row_version"] = str(row_version)
    return is_stale


def _notice(work, draft: OpenDraft, address: str, *, is_stale: bool) -> dict:
    """Return the line on top of the page: whose words stand in the form, and how to start anew."""
    at = draft.saved_at.astimezone(LOCAL)
    when = f"{words.day(at.date(), work.today)} {at:%H:%M}"
    said = _("您%(when)s 没写完的草稿已经填好，还没有保存。", when=when)
    if is_stale:
        said += _("写草稿以后，别人改过这里：请先看看最新的情况，再保存。")
    return {"text": said, "action": address}

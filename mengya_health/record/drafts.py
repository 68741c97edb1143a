"""Drafts: what somebody typed into a form and has not saved yet, kept for them alone and found on another computer.

Not a part of the record: no history, no version anybody else meets. Sealed like the section it is written for, and
bound to its author and its form by its id (`Keys.draft_id`). Callers have asked for the permission to write there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import Row, delete, func, select

from mengya_health import audit
from mengya_health.errors import Conflict, Invalid, SectionClosed
from mengya_health.people.draft_models import Draft
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.record.models import Idempotency

KEPT = timedelta(days=7)
MOST_BYTES = 64 * 1024  # of names and values; the largest form of ours takes a tenth
MOST = 200  # of one person


@dataclass(frozen=True)
class OpenDraft:
    """A draft in the clear: every field with its values, and the one that was being typed into."""

    version: int
    saved_at: datetime
    values: dict[str, list[str]]
    field: str


def find_draft(work, child: ChildFacts, section: str, address: str) -> OpenDraft | None:
    """Return the actor's draft of the form at this address, None where there is none younger than a week."""
    mine = work.keys.draft_id(work.actor.user_id, address)
    draft = next((each for each in child.drafts if each.id == mine), None)  # they were found with the child
    if draft is None or not _lasts(work, draft):
        return None
    body = work.keys.open_body("draft", draft.id, child.id, section, draft.body)
    return OpenDraft(draft.row_version, draft.saved_at, body["values"], body["field"])


def keep_draft(
    work,
    child: ChildFacts,
    section: str,
    address: str,
    values: Mapping[str, list[str]],
    *,
    field: str,
    form_key: UUID | None,
    seen: int | None = None,
) -> Draft:
    """Keep what was typed into the form at this address in place of the actor's draft before it.

    `seen` is the version that the page goes on from (0: none), None for whatever there is: raises Conflict where
    another computer has kept a newer one meanwhile. Raises Invalid for a form that was saved already, for one that is
    too long, and for somebody who has too many drafts.
    """
    _require_short(values)
    if child.subject.has_ended(section):
        raise SectionClosed(section, dict(child.subject.ended)[section])
    _one_at_a_time(work)
    if form_key and work.session.get(Idempotency, (work.actor.user_id, form_key)):
        raise Invalid("这份表单已经保存，不用再留草稿。", "This form has been saved; it needs no draft.")
    draft = work.session.get(Draft, work.keys.draft_id(work.actor.user_id, address))
    if draft and seen is not None and _lasts(work, draft) and draft.row_version != seen:
        raise Conflict(
            "您在另一处存了更新的草稿，这一页的没有覆盖它。",
            "You have kept a newer draft elsewhere; this page has not replaced it.",
        )
    draft = draft or _new_draft(work, child, section, address)
    body = {"values": {_nfc(name): [*map(_nfc, typed)] for name, typed in values.items()}, "field": _nfc(field)}
    draft.body = work.keys.seal_body("draft", draft.id, child.id, section, body)
    draft.saved_at = work.now
    work.session.flush()
    return draft


def forget_draft(work, address: str) -> None:
    """Delete the actor's draft of a form that has just been saved. The last statement of its transaction."""
    _one_at_a_time(work)
    mine = Draft.id == work.keys.draft_id(work.actor.user_id, address)
    work.session.execute(delete(Draft).where(mine))


def drop_draft(work, child: ChildFacts, address: str) -> None:
    """Delete the actor's draft because they want to start anew; nothing where there is none."""
    draft = work.session.get(Draft, work.keys.draft_id(work.actor.user_id, address))
    if draft is not None:
        work.session.delete(draft)
        audit.changed(work, child.id, "draft", draft.id, action="D")
        work.session.flush()


# --- inside -----------------------------------------------------------------------------------------------------------


def _new_draft(work, child: ChildFacts, section: str, address: str) -> Draft:
    mine = select(func.count()).select_from(Draft).where(Draft.user_id == work.actor.user_id)
    if work.session.scalar(mine) >= MOST:
        raise Invalid(
            f"您有 {MOST} 份没写完的草稿，先保存或丢掉几份。",
            f"You have {MOST} unfinished drafts; save or discard some first.",
        )
    draft = Draft(
        id=work.keys.draft_id(work.actor.user_id, address),
        user_id=work.actor.user_id,
        child_id=child.id,
        section=section,
    )
    work.session.add(draft)
    # The first keeping is written down; one every five seconds would drown what the audit is for.
    audit.changed(work, child.id, "draft", draft.id, action="C")
    return draft


def _one_at_a_time(work) -> None:
    """Wait for the actor's other requests that keep or end drafts.

    A draft sent just before its form may arrive together with it (PostgreSQL): it must not outlive the saving.
    """
    mine = select(User.id).where(User.id == work.actor.user_id)
    work.session.execute(mine.with_for_update(key_share=True))


def _lasts(work, draft: Draft | Row) -> bool:
    return work.now - draft.saved_at < KEPT


def _require_short(values: Mapping[str, list[str]]) -> None:
    size = sum(len(text.encode()) for name, typed in values.items() for text in (name, *typed))
    if size > MOST_BYTES:
        raise Invalid("这一页写得太长，存不成草稿。", "This form is too long to be kept as a draft.")


def _nfc(text: str) -> str:
    return normalize("NFC", text)

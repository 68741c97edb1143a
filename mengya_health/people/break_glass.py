"""Emergency access (紧急查阅): one child, reading only, for an hour, with a reason; told at once, reviewed within 72 h.

Who may: doctors. Whoever else needs a child's record in an emergency asks one, so that each use has a name that a
colleague can be asked about.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from mengya_health import audit
from mengya_health.access import fence
from mengya_health.access.actor import Emergency, PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.access.refusals import only_for
from mengya_health.access.rules import record_consented
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound, NotNow
from mengya_health.fields import as_typed, is_id_number
from mengya_health.people import seals
from mengya_health.people.commands import end_tie, tie_child
from mengya_health.people.emergency import LASTS, REASONS, REVIEW_WITHIN, BreakGlass
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child, ChildIndex, Organisation, Relationship, User
from mengya_health.people.queries import find_child
from mengya_health.people.search import require_lookups_left
from mengya_health.people.sessions import is_fresh
from mengya_health.people.subjects import subjects_of
from mengya_health.work import LOCAL

SHORTEST_REASON = 10  # characters, of the reason and of the review


def open_emergency(work, *, number: str, code: str, text: str) -> BreakGlass:
    """Open one child's record to the actor for an hour, by its 童馨档案号 or 身份证号; tell officer and guardians.

    Raises NotPermitted for who is no doctor; Invalid without a fresh password, a reason of 10 characters or a child of
    that number; NotNow while another emergency runs or an older one waits for its review; TooMany look-ups.
    """
    places = work.actor.places_as("doctor")
    if not places:
        raise only_for("doctor_here")
    require(work.actor, Permission.BREAK_GLASS, PlaceSubject(places[0].organisation_id))
    _require_reason(work, number, code, text)
    _require_free(work)
    child_id = _child_of(work, number)
    opened = BreakGlass(
        id=new_id(),
        child_id=child_id,
        user_id=work.actor.user_id,
        organisation_id=places[0].organisation_id,
        opened_at=work.now,
        expires_at=work.now + LASTS,
        row_version=1,
    )
    opened.reason = sealed_words(work, opened, "reason", {"code": code, "text": text.strip()})
    seals.seal(work, opened)
    work.session.add(opened)
    work.session.flush()
    work.actor = replace(work.actor, emergency=Emergency(opened.id, child_id, opened.expires_at))
    last_on = opened.expires_at.astimezone(LOCAL).date()
    tie_child(
        work,
        child_id,
        kind="break_glass",
        user_id=work.actor.user_id,
        basis_id=opened.id,
        to_on=last_on + timedelta(days=1),
    )
    audit.raise_alarm(work, "break_glass", str(opened.id))
    return opened


def end_emergency(work) -> None:
    """End the actor's running emergency before its hour is over. Raises NotFound where none runs."""
    if work.actor.emergency is None:
        raise NotFound
    opened = sealed_row(work, work.actor.emergency.id)
    child = find_child(work, opened.child_id)
    tie = work.session.scalar(select(Relationship.id).where(Relationship.basis_id == opened.id))
    end_tie(work, child, tie)
    opened.ended_at = work.now
    seals.reseal(work, opened)
    work.session.flush()


@dataclass(frozen=True)
class EmergencyNotice:
    """What a guardian is told of an emergency access."""

    organisation: str
    code: str
    opened_at: datetime


def told_on(work, child: ChildFacts) -> list[date]:
    """Return the days of the last 30 on which somebody opened this child's record in an emergency, for its guardians.

    Read from the ties that `my_children` brings along; what the officer holds back is left out.
    """
    if not is_allowed(work.actor, Permission.READ_AUDIT, child.subject):
        return []
    ties = [tie for tie in child.subject.ties if tie.kind == "break_glass"]
    return sorted({tie.from_on for tie in ties if not tie.authority or tie.authority <= work.today.isoformat()})


def notices_of(work, child: ChildFacts) -> list[EmergencyNotice]:
    """Return the emergency accesses to a child that its guardians may know of, newest first. Raises NotPermitted."""
    require(work.actor, Permission.READ_AUDIT, child.subject)
    chosen = (
        select(BreakGlass, Organisation.name)
        .outerjoin(Organisation, Organisation.id == BreakGlass.organisation_id)
        .where(BreakGlass.child_id == child.id)
        .where(or_(BreakGlass.held_until.is_(None), BreakGlass.held_until <= work.now))
        .order_by(BreakGlass.opened_at.desc())
    )
    return [
        EmergencyNotice(organisation or "", open_words(work, opened, "reason")["code"], opened.opened_at)
        for opened, organisation in work.session.execute(chosen)
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def _require_reason(work, number: str, code: str, text: str) -> None:
    wrong = {}
    if not number.strip():
        wrong["number"] = ["请填档案号或身份证号。 Please give the number of the record or of the identity card."]
    if not is_fresh(work):
        wrong["password"] = ["请再输一次您的密码。 Please give your password once more."]
    if code not in REASONS:
        wrong["code"] = ["请选为什么。 Please choose why."]
    if len(text.strip()) < SHORTEST_REASON:
        wrong["text"] = ["请写明情况，至少 10 个字。 Please say what happened, at least 10 characters."]
    if wrong:
        raise Invalid(fields=wrong)


def _require_free(work) -> None:
    """Raise NotNow while one is running, or one of the actor's was not reviewed in time or is not as it was stored."""
    me = work.actor.user_id
    work.session.get(User, me, with_for_update=True)  # two tabs at once count as one after the other
    for opened in work.session.scalars(select(BreakGlass).where(BreakGlass.user_id == me)):
        late = opened.reviewed_at is None and work.now > opened.opened_at + REVIEW_WITHIN
        if late or not seals.holds(work, BreakGlass, opened):
            _refuse(work, "review_overdue", _OVERDUE)
        if opened.ended_at is None and work.now < opened.expires_at:
            _refuse(work, "emergency_running", _RUNNING)


_OVERDUE = (
    "您上一次紧急查阅超过 72 小时还没有复核，紧急查阅已暂停。请联系安全审计员先复核。",
    "An earlier emergency access of yours was not reviewed within 72 hours. Ask the security officer to review it.",
)
_RUNNING = (
    "您正在紧急查阅另一个孩子。一次只能查一名：请先在页面上方结束那一次。",
    "An emergency access of yours is running. One child at a time: end that one first, at the top of the page.",
)
_NOTHING = (
    "这个孩子的家长没有同意建立档案，没有可以查阅的内容。请直接联系家长。",
    "The family did not agree to a record, so there is nothing to read. Please speak with the family.",
)
_MINE = (
    "这个孩子您平时就能看，请从“儿童”里直接打开。",
    "You can see this child anyway: open the record from the list of children.",
)


def _refuse(work, reason: str, words: tuple[str, str]) -> None:
    audit.note(work, "R", None, "break_glass", outcome="deny", reason=reason)
    raise NotNow(*words)


def _child_of(work, number: str) -> UUID:
    """Return the child of a number. Asking is a look-up: counted, limited and audited, also where nobody is found."""
    require_lookups_left(work)
    fence.lift(work.session)  # the actor has no tie to the child: this is what gives one
    typed = "".join(as_typed(number).upper().split())
    chosen = select(Child.id).where(Child.number == typed)
    if is_id_number(typed):
        tag = work.keys.index.id_number(typed)
        chosen = select(ChildIndex.child_id).where(ChildIndex.unique_value == tag)
    child_id = work.session.scalar(chosen)
    found = subjects_of(work, [child_id]) if child_id else {}
    audit.note(work, "S", None, "lookup", purpose="emergency", outcome="allow" if found else "deny")
    if not found:
        message = "没有这个号码的档案，请对照证件再看一遍。 There is no record of this number; check it once more."
        raise Invalid(fields={"number": [message]})
    subject = found[child_id].subject
    if is_allowed(work.actor, Permission.READ_HEALTH, subject):
        _refuse(work, "in_care_already", _MINE)
    if not record_consented(work.actor, subject):
        _refuse(work, "record_consented", _NOTHING)
    return child_id


def sealed_row(work, break_glass_id: UUID) -> BreakGlass:
    """Return one emergency access. A building block. Raises NotFound, also for one whose seal does not hold."""
    opened = work.session.get(BreakGlass, break_glass_id)
    if opened is None or not seals.holds(work, BreakGlass, opened):
        raise NotFound
    return opened


def sealed_words(work, opened: BreakGlass, column: str, content: dict) -> bytes:
    """Return what was written about an emergency access, sealed: it may tell of the child's health."""
    return work.keys.seal_body("break_glass", opened.id, opened.child_id, "health", content, column=column)


def open_words(work, opened: BreakGlass, column: str) -> dict:
    """Return what was written about an emergency access: `reason` or `review`."""
    return work.keys.open_body(
        "break_glass", opened.id, opened.child_id, "health", getattr(opened, column), column=column
    )

"""By which way a message reaches an account: the address lies in its sealed body, beside what its owner chose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, false, or_, select

from mengya_health.config import Settings
from mengya_health.fields import is_mobile
from mengya_health.people import seals
from mengya_health.people.message_models import DIGEST, URGENT, Message
from mengya_health.people.models import Membership, User
from mengya_health.people.subjects import current

LOOKED_BACK = timedelta(days=30)  # for the last message that arrived or failed


@dataclass(frozen=True)
class Address:
    """Where a message goes, and through which channel."""

    channel: str  # mail | webhook
    to: str = field(repr=False)


def address_in(settings: Settings, body: Mapping) -> Address | None:
    """Return where a message to the owner of this account body goes: by mail where that is known, else by phone."""
    email, phone = body.get("email", ""), body.get("phone", "")
    if email and "mail" in settings.channels:
        return Address("mail", email)
    if is_mobile(phone) and "webhook" in settings.channels:
        return Address("webhook", phone)
    return None


def wants_digest(body: Mapping) -> bool:
    """Return whether the owner of this account body has not turned the daily message off."""
    return body.get("digest", True)


@dataclass(frozen=True)
class Desk:
    """Whoever works in a role at a place; for a class, its own staff and those who belong to no class."""

    role: str
    organisation_id: UUID
    group_id: UUID | None = None


@dataclass(frozen=True)
class Reached:
    """Which people, of accounts and desks that were asked about, get messages."""

    user_ids: frozenset[UUID]
    desks: frozenset[Desk]


def who_is_reached(work, user_ids: Iterable[UUID], desks: Iterable[Desk] = ()) -> Reached:
    """Return which of these get messages: an address, a channel for it, not turned off, the last one arrived.

    A desk is reached when one of its people is. One statement and one of the keystore, none where no channel is set up.
    """
    users, places = frozenset(user_ids), frozenset(desks)
    if not work.settings.channels or not (users or places):
        return Reached(frozenset(), frozenset())
    rows = work.session.execute(_accounts(work, users, places)).all()
    work.keys.load({row.id for row in rows})
    reached = {row.id for row in rows if _gets_messages(work, row)}
    staff = [row.Membership for row in rows if row.Membership and row.id in reached]
    valid = [each for each in staff if seals.holds(work, Membership, each)]
    return Reached(
        frozenset(users & reached),
        frozenset(desk for desk in places if any(_works_at(membership, desk) for membership in valid)),
    )


# --- inside -----------------------------------------------------------------------------------------------------------


def _accounts(work, users: frozenset[UUID], desks: frozenset[Desk]):
    of_message = and_(
        Message.user_id == User.id,
        Message.kind.in_((DIGEST, URGENT)),
        Message.status.in_(("completed", "failed")),
        Message.told_on > work.today - LOOKED_BACK,
    )
    last = select(Message.status).where(of_message).order_by(Message.finished_at.desc()).limit(1)
    at = [and_(Membership.organisation_id == desk.organisation_id, Membership.role == desk.role) for desk in desks]
    member = and_(Membership.user_id == User.id, or_(false(), *at), current(Membership, work.today))
    return (
        select(User.id, User.body, User.status, last.correlate(User).scalar_subquery().label("last"), Membership)
        .outerjoin(Membership, member)
        .where(or_(User.id.in_(users), Membership.id.is_not(None)))
    )


def _gets_messages(work, row) -> bool:
    if row.status != "active" or row.last == "failed":
        return False
    body = work.keys.open_body("user", row.id, row.id, "user", row.body)
    return wants_digest(body) and address_in(work.settings, body) is not None


def _works_at(membership: Membership, desk: Desk) -> bool:
    is_there = (membership.role, membership.organisation_id) == (desk.role, desk.organisation_id)
    return is_there and (membership.group_id is None or desk.group_id in (None, membership.group_id))

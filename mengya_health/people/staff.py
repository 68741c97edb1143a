"""The staff as their administrator sees them: who they are, and what roles they hold until when. No families."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.errors import NotFound
from mengya_health.people.models import Group, Membership, Organisation, User

PAGE = 50
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Role:
    """One role of an account; `to_on` is the first day it no longer holds, None in accounts of long ago."""

    id: UUID
    role: str
    organisation: str
    group: str
    from_on: date
    to_on: date | None

    def is_over(self, today: date) -> bool:
        return self.to_on is not None and self.to_on <= today

    def ends_soon(self, today: date) -> bool:
        """Whether it is time to ask whether the role is still right: within 30 days of its end, or without one."""
        return not self.is_over(today) and (self.to_on is None or self.to_on - today <= SOON)


@dataclass(frozen=True)
class StaffMember:
    """One account of the staff."""

    id: UUID
    name: str
    status: str
    has_password: bool
    signing_locked_until: datetime | None
    roles: tuple[Role, ...]


def staff(work, *, page: int = 0) -> tuple[list[StaffMember], bool]:
    """Return one page of the staff, the newest account first, and whether there is more. Raises NotPermitted."""
    _require(work)
    newest = select(Membership.user_id).distinct().order_by(Membership.user_id.desc())
    ids = work.session.scalars(newest.offset(page * PAGE).limit(PAGE + 1)).all()
    found = _members(work, ids[:PAGE])
    audit.read(work, None, "account")
    return [found[each] for each in ids[:PAGE]], len(ids) > PAGE


def staff_member(work, user_id: UUID) -> StaffMember:
    """Return one of the staff. Raises NotPermitted, NotFound for who is none."""
    _require(work)
    found = _members(work, [user_id])
    if user_id not in found:
        raise NotFound
    audit.read(work, None, "account", record_id=user_id)
    return found[user_id]


def _require(work) -> None:
    require(work.actor, Permission.MANAGE_USERS, PlaceSubject(None))


def _members(work, user_ids: Sequence[UUID]) -> dict[UUID, StaffMember]:
    rows = work.session.execute(
        select(User, Membership, Organisation.name.label("organisation"), Group.name.label("group"))
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(Group, Group.id == Membership.group_id)
        .where(User.id.in_(user_ids))
        .order_by(User.id, Membership.from_on, Membership.id)
    ).all()
    work.keys.load({row.User.id for row in rows})
    by_user: dict[UUID, list[Row]] = {}
    for row in rows:
        by_user.setdefault(row.User.id, []).append(row)
    return {user_id: _member(work, of_user) for user_id, of_user in by_user.items()}


def _member(work, rows: Iterable[Row]) -> StaffMember:
    rows = list(rows)
    user = rows[0].User
    roles = tuple(
        Role(row.Membership.id, row.Membership.role, row.organisation or "", row.group or "", *_days(row.Membership))
        for row in rows
    )
    name = work.keys.open_body("user", user.id, user.id, "user", user.body)["name"]
    return StaffMember(user.id, name, user.status, bool(user.password_hash), user.signing_locked_until, roles)


def _days(membership: Membership) -> tuple[date, date | None]:
    return membership.from_on, membership.to_on

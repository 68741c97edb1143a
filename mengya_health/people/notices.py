"""What the owner of an account is told: codes and times, shown on the page of the account until they were seen."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from mengya_health.db import new_id
from mengya_health.people.credential_models import AccountNotice

SHOWN = 10


@dataclass(frozen=True)
class Notice:
    """One line: what happened, as a code, and when."""

    kind: str
    at: datetime
    is_new: bool


def tell(session, user_id: UUID, kind: str, at: datetime) -> None:
    """Keep a line for the owner of an account."""
    session.execute(insert(AccountNotice).values(id=new_id(), user_id=user_id, kind=kind, at=at))


def notices_of(work, user_id: UUID) -> list[Notice]:
    """Return the newest lines, those not seen yet among them."""
    found = select(AccountNotice).where(AccountNotice.user_id == user_id).order_by(AccountNotice.at.desc())
    return [Notice(row.kind, row.at, row.seen_at is None) for row in work.session.scalars(found.limit(SHOWN))]


def see_notices(work) -> None:
    """Note that the actor has read what they were told."""
    mine = update(AccountNotice).where(AccountNotice.user_id == work.actor.user_id, AccountNotice.seen_at.is_(None))
    work.session.execute(mine.values(seen_at=work.now))

"""Places to choose from: the classes of a district, the institutions that receive referrals."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from mengya_health.people.models import Group, Organisation

RECEIVING = ("hospital", "mch_institute")


@dataclass(frozen=True)
class ClassChoice:
    """One class of a kindergarten or baby house."""

    group_id: UUID
    name: str
    organisation: str


@dataclass(frozen=True)
class Receiver:
    """One institution that children are referred to."""

    id: UUID
    name: str


def classes(work) -> list[ClassChoice]:
    """Return every class of the deployment, by place and name. No child is in it, so anybody signed in may see it."""
    rows = work.session.execute(
        select(Group.id, Group.name, Organisation.name)
        .join(Organisation, Organisation.id == Group.organisation_id)
        .order_by(Organisation.name, Group.name)
    )
    return [ClassChoice(group_id, name, organisation) for group_id, name, organisation in rows]


def receivers(work) -> list[Receiver]:
    """Return the institutions that receive referrals, by name."""
    chosen = select(Organisation.id, Organisation.name).where(Organisation.kind.in_(RECEIVING))
    return [Receiver(id, name) for id, name in work.session.execute(chosen.order_by(Organisation.name))]


def place_name(work, organisation_id: UUID) -> str:
    """Return what a place is called, "" for one that is not there."""
    return work.session.scalar(select(Organisation.name).where(Organisation.id == organisation_id)) or ""

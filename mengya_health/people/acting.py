"""Whom a job or a command line acts for: the same sealed rows as at a sign-in, without a session."""

from uuid import UUID

from sqlalchemy import or_, select

from mengya_health.access.actor import Actor
from mengya_health.errors import NotPermitted
from mengya_health.people.models import Membership, Organisation, User
from mengya_health.people.standing import actor_of, is_open, with_standing


def actor_of_user(work, user_id: UUID) -> Actor:
    """Return the actor a job runs as: its requester, with what they may do now. Raises NotPermitted."""
    return _actor(work, User.id == user_id)


def actor_of_login(work, login: str | None) -> Actor:
    """Return the actor a command is run in the name of: the account named, else the doctor in charge.

    Raises NotPermitted for an account that is not there.
    """
    if not login:
        return doctor_in_charge(work)
    return _actor(work, User.login_index == work.keys.index.login(login))


def doctor_in_charge(work) -> Actor:
    """Return the doctor a command acts as where none is named: the one clinic's lead, or its only doctor.

    Raises NotPermitted where that leaves a choice.
    """
    doctors = select(Membership.user_id).where(Membership.role == "doctor", Membership.from_on <= work.today)
    doctors = doctors.where(or_(Membership.to_on.is_(None), Membership.to_on > work.today))
    leads = select(Organisation.lead_user_id).where(Organisation.lead_user_id.in_(doctors))
    for candidates in (leads, doctors.distinct()):
        found = work.session.scalars(candidates).all()
        if len(found) == 1:
            return actor_of_user(work, found[0])
    raise NotPermitted(
        "请用 --as 写明以哪位医生的账号来做。", "Name the doctor in whose name it is done, with --as LOGIN."
    )


def _actor(work, which) -> Actor:
    rows = work.session.execute(with_standing(select(User).where(which)), {"today": work.today}).all()
    if not rows or not is_open(work, rows[0].User):
        raise NotPermitted("没有这个账号，或它已停用。", "There is no such account, or it is disabled.")
    return actor_of(work, rows, session_kind="job")

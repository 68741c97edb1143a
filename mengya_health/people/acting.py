"""Whom a job or a command line acts for: the same sealed rows as at a sign-in, without a session."""

from uuid import UUID

from sqlalchemy import select

from mengya_health.access.actor import Actor
from mengya_health.errors import NotPermitted
from mengya_health.people.models import User
from mengya_health.people.standing import actor_of, is_open, with_standing


def actor_of_user(work, user_id: UUID) -> Actor:
    """Return the actor a job runs as: its requester, with what they may do now. Raises NotPermitted."""
    return _actor(work, User.id == user_id)


def actor_of_login(work, login: str) -> Actor:
    """Return the actor a command is run in the name of. Raises NotPermitted for an account that is not there."""
    return _actor(work, User.login_index == work.keys.index.login(login))


def _actor(work, which) -> Actor:
    rows = work.session.execute(with_standing(select(User).where(which)), {"today": work.today}).all()
    if not rows or not is_open(work, rows[0].User):
        raise NotPermitted("没有这个账号，或它已停用。", "There is no such account, or it is disabled.")
    return actor_of(work, rows, session_kind="job")

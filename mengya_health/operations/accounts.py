"""Staff accounts made at the command line, in the name of an administrator."""

from uuid import UUID

from sqlalchemy import select

from mengya_health.errors import Invalid
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people import accounts
from mengya_health.people.acting import actor_of_login
from mengya_health.people.models import Organisation, User

# Whoever works with children or their numbers does so at a place; these two serve the whole installation.
WITHOUT_A_PLACE = ("sysadmin", "security_officer")


def add_staff(
    installation: Installation,
    *,
    admin: str,
    login: str,
    name: str,
    role: str,
    organisation: str | None,
    password: str,
) -> User:
    """Store an account and its role at the organisation of that code, in one transaction; return the account.

    Raises NotPermitted for who is no administrator; Invalid for an unknown role or code, a role without its place, a
    login that is taken or a password too easy to guess.
    """
    with begin_work(installation, None, writing=False) as work:
        actor = actor_of_login(work, admin)
    with begin_work(installation, actor) as work:
        user = accounts.add_user(work, login=login, name=name, password=password)
        place_id = _place_id(work, role, organisation)
        accounts.add_membership(work, user_id=user.id, role=role, organisation_id=place_id)
    return user


def _place_id(work, role: str, code: str | None) -> UUID | None:
    if code is None:
        if role in accounts.ROLES and role not in WITHOUT_A_PLACE:
            raise Invalid(fields={"organisation": ["这个角色要写明机构编码。 This role needs an organisation's code."]})
        return None
    place_id = work.session.scalar(select(Organisation.id).where(Organisation.code == code))
    if place_id is None:
        raise Invalid(fields={"organisation": ["没有这个机构编码，请核对。 There is no organisation with this code."]})
    return place_id

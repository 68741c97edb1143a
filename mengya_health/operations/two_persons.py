"""What one person alone may not do at the command line: two administrators give their passwords."""

from collections.abc import Sequence

from mengya_health.errors import NotPermitted
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.sessions import actor_for, sign_out
from mengya_health.people.sign_in import sign_in


def require_two_administrators(installation: Installation, proofs: Sequence[tuple[str, str]]) -> None:
    """Raise NotPermitted unless these are the sign-in names and passwords of two different administrators.

    Raises Invalid or TooMany for a wrong password, counted like any other.
    """
    people = {_administrator(installation, login, password) for login, password in proofs}
    if len(people) != 2:
        raise NotPermitted("要两位不同的系统管理员。", "Two different administrators are needed.")


def _administrator(installation: Installation, login: str, password: str):
    with begin_work(installation, None) as work:
        work.actor = actor_for(work, sign_in(work, login=login, password=password))
        if work.actor is None or not work.actor.places_as("sysadmin"):
            raise NotPermitted("这个账号不是系统管理员。", "This account is no administrator.")
        sign_out(work)
        return work.actor.user_id

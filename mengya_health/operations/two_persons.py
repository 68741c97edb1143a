"""What one person alone may not do at the command line: two administrators give their passwords."""

from collections.abc import Sequence
from uuid import UUID

from mengya_health.errors import NotPermitted
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.people.sign_in import prove

Proof = tuple[str, str, str]  # sign-in name, password, code of the authenticator app ("" without one)


def require_two_administrators(installation: Installation, proofs: Sequence[Proof]) -> None:
    """Raise NotPermitted unless these are the names, passwords and codes of two different administrators.

    Raises Invalid or TooMany for a wrong password or code, counted like any other.
    """
    people = {_administrator(installation, *proof) for proof in proofs}
    if len(people) != 2:
        raise NotPermitted("要两位不同的系统管理员。", "Two different administrators are needed.")


def _administrator(installation: Installation, login: str, password: str, code: str) -> UUID:
    with begin_work(installation, None) as work:
        work.actor = actor_of_login(work, login)
        prove(work, password=password, code=code)
        if not work.actor.places_as("sysadmin"):
            raise NotPermitted("这个账号不是系统管理员。", "This account is no administrator.")
        return work.actor.user_id

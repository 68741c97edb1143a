"""`mengya print`: one paper out of the record, under the rights of the account it is printed for."""

from uuid import UUID

from mengya_health.handouts.making import make_pdf
from mengya_health.handouts.render import Pdf
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login


def print_as(
    installation: Installation, document: str, *, login: str | None = None, number: str, subject_id: UUID | None = None
) -> Pdf:
    """Return one paper of the child with this number. Raises NotFound, NotPermitted, and what keeps it from being
    filled."""
    with begin_work(installation, None, writing=False) as work:
        actor = actor_of_login(work, login)
    with begin_work(installation, actor) as work:
        return make_pdf(work, document, number=number, subject_id=subject_id)

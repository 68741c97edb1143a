"""Every change of an account is audited and written into the deployment's chain."""

from mengya_health import audit
from mengya_health.history import chain
from mengya_health.people.models import User


def trace(work, user: User, op: str, *, action: str = "U") -> None:
    """Note a change of an account in the audit and in the history. Nobody signed in: its owner did it themselves."""
    audit.changed(work, None, "account", user.id, action=action)
    by = work.actor.user_id if work.actor else user.id
    about = {"rec": user.id, "rec_type": "account", "rec_ver": user.row_version}
    chain.note_event(work, child_id=work.deployment_id, **about, op=op, commit=None, by=by)

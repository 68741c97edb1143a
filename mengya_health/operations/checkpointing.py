"""Making a checkpoint of the whole installation: of every child's history, and of the audit rows."""

from mengya_health import audit
from mengya_health.history.checkpoints import make_checkpoint, no_erasures
from mengya_health.history.models import Checkpoint
from mengya_health.operations.installation import Installation, begin_work


def take_checkpoint(installation: Installation) -> Checkpoint | None:
    """Make and commit a checkpoint of all that is new; None where nothing is.

    Raises Unavailable where the clock has gone back, IntegrityError where what was signed last was rewritten.
    """
    with begin_work(installation, None) as work:
        return make_checkpoint(
            work.session,
            work.keys,
            deployment_id=work.deployment_id,
            at=work.now,
            erasures=no_erasures(work.keys),
            audit_leaf=lambda session, leaf_index: audit.take_new(session, work.keys.digest, leaf_index),
        )

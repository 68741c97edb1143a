"""Making checkpoints of the whole installation, and taking them outside."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.crypto.canonical import read_txjson
from mengya_health.crypto.erasure_ledger import ErasureLedger
from mengya_health.history import chain
from mengya_health.history.checkpoints import make_checkpoint, newest_checkpoint
from mengya_health.history.models import Checkpoint, HistoryEvent
from mengya_health.history.notes import Note
from mengya_health.operations import witness
from mengya_health.operations.installation import Installation, begin_work

log = logging.getLogger("mengya.security")

WITNESSED_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class WitnessState:
    """How far what stands outside reaches."""

    is_set: bool  # a witness folder is named
    is_readable: bool
    witnessed_at: datetime | None  # of the newest checkpoint outside
    witnessed_size: int
    size: int  # of the newest checkpoint here
    checkpoint_at: datetime | None
    has_more: bool  # something happened that no checkpoint outside covers
    clock_set_at: datetime | None  # when the clock was last put forward
    now: datetime

    @property
    def is_late(self) -> bool:
        """Whether something has gone without a witness for a day. Where nothing happened, nothing is missing."""
        return self.has_more and (self.witnessed_at is None or self.now - self.witnessed_at > WITNESSED_WITHIN)


def take_checkpoint(installation: Installation) -> Checkpoint | None:
    """Make and commit a checkpoint of all that is new, and put the newest outside; None where nothing is new.

    Raises ClockBehind where the clock has gone back, IntegrityError where what was signed last was rewritten.
    """
    with begin_work(installation, None) as work:
        made = make_checkpoint(
            work.session,
            work.keys,
            deployment_id=work.deployment_id,
            at=work.now,
            erasures=work.keys.digest(ErasureLedger(installation.settings.ledger_file).content()),
            audit_leaf=lambda session, leaf_index: audit.take_new(session, work.keys.digest, leaf_index),
        )
        newest = made or newest_checkpoint(work.session)
    _put_outside(installation, newest)
    return made


def flag_clock(installation: Installation, jumped: timedelta) -> None:
    """Alarm about a clock that jumped; forward also goes into the history of the installation, for all to see."""
    log.critical("the clock jumped by %d s", jumped.total_seconds())
    if jumped < timedelta(0):
        return  # nothing can be written until it is right again
    with begin_work(installation, None) as work:
        audit.raise_alarm(work, "clock", f"forward {work.now:%Y-%m-%dT%H}")
        clock = {"rec": work.deployment_id, "rec_type": "clock", "op": "forward", "commit": None}
        chain.note_event(work, child_id=work.deployment_id, by=work.deployment_id, **clock)


def history_state(work, installation: Installation) -> WitnessState:
    """Return how far the history is checkpointed and witnessed. Raises NotPermitted."""
    require(work.actor, Permission.READ_HISTORY, PlaceSubject(None))
    return witness_state(installation, work.session)


def witness_state(installation: Installation, session: Session) -> WitnessState:
    """Return how far what stands outside reaches, in three statements."""
    newest = newest_checkpoint(session)
    unnumbered = session.scalar(select(HistoryEvent.child_seq).where(HistoryEvent.leaf_index.is_(None)).limit(1))
    try:
        note, is_readable = _newest_outside(installation), True
    except OSError:
        note, is_readable = None, False
    size, witnessed = newest.size if newest else 0, note.size if note else 0
    return WitnessState(
        is_set=installation.settings.witness_dir is not None,
        is_readable=is_readable,
        witnessed_at=note.at if note else None,
        witnessed_size=witnessed,
        size=size,
        checkpoint_at=newest.at if newest else None,
        has_more=unnumbered is not None or size > witnessed,
        clock_set_at=_clock_set_at(session, installation.deployment_id),
        now=installation.now(),
    )


def _clock_set_at(session: Session, deployment_id: UUID) -> datetime | None:
    """Return when the clock was last found to have been put forward: the deployment's own record tells."""
    of_clock = HistoryEvent.child_id == deployment_id, HistoryEvent.rec == deployment_id
    newest = select(HistoryEvent.event).where(*of_clock).order_by(HistoryEvent.child_seq.desc()).limit(1)
    event = session.scalar(newest)
    return datetime.fromisoformat(read_txjson(event)["at"]) if event else None


def _newest_outside(installation: Installation) -> Note | None:
    return witness.newest_outside(
        installation.settings, installation.deployment_id, installation.keystore.log_key.public
    )


def _put_outside(installation: Installation, newest: Checkpoint | None) -> None:
    folder = installation.settings.witness_dir
    if folder is None or newest is None:
        return
    try:
        note = _newest_outside(installation)
        if note and note.size > newest.size:
            log.critical("the witness folder is ahead of the database: %d, not %d", note.size, newest.size)
            return
        witness.put(folder, installation.deployment_id, newest)
    except OSError as error:  # a folder away for an hour must not end the worker; the page tells after a day
        log.error("the witness folder cannot be written: %s", error.strerror)

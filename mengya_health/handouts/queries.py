"""Papers somebody asked for, and their bytes while they are kept."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from mengya_health import audit
from mengya_health.errors import NotFound, NotNow
from mengya_health.handouts.from_record import permission_for
from mengya_health.handouts.models import Handout
from mengya_health.jobs import Job
from mengya_health.people.queries import find_child

KEPT = timedelta(hours=24)


def open_handout(work, handout_id: UUID) -> bytes:
    """Return a PDF. Raises NotFound for others' papers, NotNow while it is being made or after its 24 hours."""
    handout = my_handout(work, handout_id)
    child = find_child(work, handout.child_id, permission_for(handout.document))
    if handout.pdf is None or work.now - handout.asked_at > KEPT:
        raise NotNow(
            "这份还没生成好，或已过二十四小时。请稍等，或在档案里重新打印。",
            "It is not ready yet, or older than 24 hours. Wait a little, or print it again from the record.",
        )
    audit.note(work, "P", child.id, "handout", record_id=handout.id, purpose="print")
    return work.keys.open_file("handout", handout.id, child.id, "health", handout.pdf, "pdf")


class Paper(NamedTuple):
    """A paper and how far its job is; what one person asked for in one moment is a batch."""

    handout: Handout
    status: str
    error: str
    started_at: datetime | None
    finished_at: datetime | None


def print_queue(work, *, limit: int = 200) -> list[Paper]:
    """Return the papers the actor asked for in the last day, newest first, without their bytes."""
    rows = work.session.execute(
        select(Handout, Job.status, Job.error_code, Job.started_at, Job.finished_at)
        .join(Job, Job.id == Handout.job_id)
        .where(Handout.asked_by == work.actor.user_id, Handout.asked_at > work.now - KEPT)
        .order_by(Handout.asked_at.desc(), Handout.id)
        .limit(limit)
        .options(defer(Handout.pdf))
    )
    return [Paper(*row) for row in rows]


def my_handout(work, handout_id: UUID) -> Handout:
    """Return a paper the actor asked for. Raises NotFound for anybody else's."""
    handout = work.session.get(Handout, handout_id)
    if handout is None or handout.asked_by != work.actor.user_id:
        raise NotFound
    return handout

"""Slow work: a row written with the change that wants it, done later by a worker process."""

import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from huey import Huey, PostgresHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id

log = logging.getLogger("mengya")


REQUESTED, CANCELLED = "requested", "cancelled"


class Job(Base):
    """One piece of slow work. It carries ids only, and the requester whose rights it runs under."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_status", "status", "created_at"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[UUID] = mapped_column(Id)
    asked_by: Mapped[UUID] = mapped_column(Id, index=True)
    asked_role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(12), default=REQUESTED)  # in-progress completed failed cancelled
    attempts: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PlainMessages(Serializer):
    """Messages as JSON. Pickled ones would let whoever can write to the queue run code beside the keys."""

    def _serialize(self, message: Message) -> bytes:
        return json.dumps(message).encode()

    def _deserialize(self, stored: bytes) -> Message:
        return Message(*json.loads(stored))


def make_queue(settings, run: Callable[[UUID], None] | None = None, *, make_tables: bool = False) -> Huey:
    """Return the queue between web and worker processes. Its messages are job ids and nothing else.

    The worker passes `run`; a web process only sends. `mengya init` makes the tables, and on SQLite the worker, too:
    there the queue is a file of its own that may be thrown away.
    """
    common = {"serializer": PlainMessages(), "results": False, "create_tables": make_tables}
    if settings.database_url.startswith("sqlite"):
        # Ids only, and the sweep sends again what is lost: the plain rollback journal is all it needs.
        queue = SqliteHuey("mengya", filename=str(settings.data_dir / "queue.db"), journal_mode="delete", **common)
    else:
        queue = PostgresHuey("mengya", dsn=settings.database_url.replace("+psycopg", ""), **common)

    @queue.task(name="run_job")
    def run_job(job_id: str) -> None:
        run(UUID(job_id))

    queue.run_job = run_job
    return queue


def send(queue: Huey, job_ids: Iterable[UUID]) -> None:
    """Put committed jobs on the queue. Where that fails they wait in their table for the worker's next sweep."""
    for job_id in job_ids:
        try:
            queue.run_job(str(job_id))
        except Exception as error:  # noqa: BLE001 what the person did is stored; they must not be told otherwise
            log.error("job %s is not on the queue: %s", job_id, type(error).__name__)


def later(work, kind: str, *, subject_id: UUID) -> Job:
    """Ask for slow work in the same transaction as the change; the door sends it to the queue after the commit."""
    job = Job(
        id=new_id(),
        kind=kind,
        subject_id=subject_id,
        asked_by=work.actor.user_id,
        asked_role=work.actor.role,
        created_at=work.now,
    )
    work.session.add(job)
    work.jobs_to_send.append(job.id)
    return job


def unsent(session, *, before: datetime) -> list[UUID]:
    """Return the ids of jobs that were committed some time ago and that no worker has begun."""
    return list(session.scalars(select(Job.id).where(Job.status == "requested", Job.created_at < before)))

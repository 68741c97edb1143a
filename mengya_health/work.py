"""One unit of work: who acts, when, through which session, with which keys."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent, store_alarms
from mengya_health.db import new_id

if TYPE_CHECKING:
    from mengya_health.config import Settings
    from mengya_health.content import Content
    from mengya_health.crypto.passwords import Passwords
    from mengya_health.crypto.sealing import Keys

LOCAL = ZoneInfo("Asia/Shanghai")  # clinics and nurseries work by this calendar


@lru_cache(maxsize=16)
def _on_the_wall(now: datetime) -> date:
    return now.astimezone(LOCAL).date()


@dataclass
class Work:
    """The first argument of every command and query. The door opens it, commits it, or rolls it back."""

    actor: Actor | None
    now: datetime  # aware, UTC
    session: Session
    keys: "Keys"
    content: "Content"
    settings: "Settings"
    passwords: "Passwords"  # one per process: only one hash runs at a time
    deployment_id: UUID
    source: str = ""  # where the request came from, shortened
    address: str = ""  # the same in full, for counting failed tries; never stored as it is
    request_id: UUID = field(default_factory=new_id)
    audit_rows: list[dict] = field(default_factory=list)
    alarms: list[dict] = field(default_factory=list)  # stored with the audit rows, also after a refusal
    jobs_to_send: list[UUID] = field(default_factory=list)
    after_answer: list = field(default_factory=list)  # small writes a reading page leaves to the door
    after_rollback: list = field(default_factory=list)  # what must survive a refusal, each given a session of its own

    @property
    def today(self) -> date:
        """The date on the clinic's wall."""
        return _on_the_wall(self.now)

    def write_audit(self, session: Session | None = None) -> None:
        """Store the audit rows kept so far, in one statement, and the alarms; afterwards none are kept."""
        rows, self.audit_rows = self.audit_rows, []
        if rows:
            (session or self.session).execute(insert(AuditEvent.__table__), rows)
        alarms, self.alarms = self.alarms, []
        store_alarms(session or self.session, alarms)

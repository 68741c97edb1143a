"""What a security officer sees: alarms and the audit, in ids and codes. No name of a child, no content."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Row, func, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.audit import Alarm, AuditEvent
from mengya_health.errors import Invalid, NotFound
from mengya_health.people.models import Organisation, User
from mengya_health.work import LOCAL

FINDINGS = ("explained", "followed_up", "false_alarm")
ACTIONS = ("R", "C", "U", "D", "E", "P", "S", "Sign")


@dataclass(frozen=True)
class AlarmFacts:
    """One alarm; `organisation` is "" for a family."""

    id: UUID
    kind: str
    user_id: UUID | None
    role: str
    organisation: str
    request_id: UUID | None
    subject: str
    number: int
    at: datetime
    seen_at: datetime | None
    finding: str


def alarms(work, *, limit: int = 100) -> list[AlarmFacts]:
    """Return the alarms, those nobody has looked at first, the newest at the top. Audited itself."""
    _require_overseer(work)
    chosen = select(Alarm, Organisation.name).outerjoin(Organisation, Organisation.id == Alarm.organisation_id)
    rows = work.session.execute(chosen.order_by(Alarm.seen_at.is_not(None), Alarm.at.desc()).limit(limit))
    audit.note(work, "R", None, "alarm", purpose="oversight")
    return [
        AlarmFacts(
            a.id, a.kind, a.user_id, a.role, name or "", a.request_id, a.subject, a.number, a.at, a.seen_at, a.finding
        )
        for a, name in rows
    ]


def new_alarms(work) -> int:
    """Return how many alarms nobody has looked at."""
    return work.session.scalar(select(func.count()).where(Alarm.seen_at.is_(None)))


def close_alarm(work, alarm_id: UUID, *, finding: str) -> Alarm:
    """Write down what an alarm turned out to be. Raises NotFound, Invalid for a finding that is none."""
    _require_overseer(work)
    alarm = work.session.get(Alarm, alarm_id)
    if alarm is None:
        raise NotFound
    if finding not in FINDINGS:
        raise Invalid(fields={"finding": ["请选一项。 Please choose one."]})
    alarm.finding, alarm.seen_by, alarm.seen_at = finding, work.actor.user_id, work.now
    work.session.flush()
    audit.note(work, "U", None, "alarm", record_id=alarm.id, purpose="oversight")
    return alarm


@dataclass(frozen=True)
class Wanted:
    """What the audit is searched for; empty fields do not narrow. Days are those of the clinic's calendar."""

    user_id: UUID | None = None
    child_id: UUID | None = None
    request_id: UUID | None = None
    role: str = ""
    action: str = ""
    outcome: str = ""
    from_on: date | None = None
    to_on: date | None = None  # included


def user_of_login(work, login: str) -> UUID:
    """Return the account that signs in with a name. Raises Invalid where there is none. Audited."""
    _require_overseer(work)
    user_id = work.session.scalar(select(User.id).where(User.login_index == work.keys.index.login(login)))
    audit.note(work, "S", None, "account", purpose="oversight", outcome="allow" if user_id else "deny")
    if user_id is None:
        raise Invalid(fields={"login": ["没有这个登录名，请核对。 No account signs in with this name."]})
    return user_id


def search_audit(work, wanted: Wanted, *, limit: int = 100) -> list[tuple[AuditEvent, str]]:
    """Return the newest audit rows that fit, each with its organisation's name. Reading the audit is audited."""
    _require_overseer(work)
    chosen = select(AuditEvent, Organisation.name).outerjoin(
        Organisation, Organisation.id == AuditEvent.organisation_id
    )
    rows = work.session.execute(
        chosen.where(*_fitting(wanted)).order_by(AuditEvent.at.desc(), AuditEvent.id).limit(limit)
    )
    audit.note(work, "R", None, "audit", purpose="oversight")
    return [(event, name or "") for event, name in rows]


def note_export(work) -> None:
    """Note that the audit is about to leave the installation. Raises NotPermitted."""
    _require_overseer(work)
    audit.note(work, "E", None, "audit", purpose="oversight")


def audit_rows(work, wanted: Wanted, *, at_once: int = 1000) -> Iterator[Row]:
    """Yield every audit row that fits, oldest first, holding no more than `at_once` of them; `note_export` first."""
    _require_overseer(work)
    # Plain rows: objects of the ORM would be kept until the last one is written.
    chosen = select(*AuditEvent.__table__.columns).where(*_fitting(wanted)).order_by(AuditEvent.at, AuditEvent.id)
    yield from work.session.execute(chosen.execution_options(yield_per=at_once))


def _fitting(wanted: Wanted) -> list:
    event = AuditEvent
    named = {"user_id": event.user_id, "child_id": event.child_id, "request_id": event.request_id}
    coded = {"role": event.role, "action": event.action, "outcome": event.outcome}
    fitting = [column == getattr(wanted, name) for name, column in (named | coded).items() if getattr(wanted, name)]
    if wanted.from_on:
        fitting.append(event.at >= _midnight(wanted.from_on))
    if wanted.to_on:
        fitting.append(event.at < _midnight(wanted.to_on + timedelta(days=1)))
    return fitting


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), LOCAL)


def _require_overseer(work) -> None:
    require(work.actor, Permission.OVERSEE, PlaceSubject(None))

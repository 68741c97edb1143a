"""Failed tries at a door, counted in the database so that every web process counts the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mengya_health.errors import TooMany
from mengya_health.people import notices
from mengya_health.people.models import Throttle

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Limit:
    """How often one may fail: the `free` tries of a window, then a pause after each further one."""

    free: int
    window: timedelta
    pauses: tuple[timedelta, ...]  # after the free tries; the last one goes on

    def pause_after(self, failures: int) -> timedelta | None:
        """Return how long the door stays shut after so many failures."""
        over = failures - self.free
        return None if over < 0 else self.pauses[min(over, len(self.pauses) - 1)]


# Never for good: locking an account for ever would hand everybody a way to lock others out.
ACCOUNT = Limit(5, timedelta(days=1), tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)))
ADDRESS = Limit(20, timedelta(minutes=15), (timedelta(minutes=15),))


def account_key(work, login_index: bytes) -> bytes:
    """Return the key under which tries at one account are counted, whether or not there is such an account."""
    return work.keys.code_hash(f"throttle|account|{login_index.hex()}")


def address_key(work) -> bytes:
    """Return the key under which tries from one address are counted: keyed, so that the table names no household.

    The whole address of IPv4, or neighbours would shut each other out; of IPv6 the /64 that one line is given.
    """
    return work.keys.code_hash(f"throttle|address|{work.address}")


# Built once: a sign-in is to cost little beside its hash.
_KNOWN = select(Throttle.key, Throttle.blocked_until).where(Throttle.key.in_(bindparam("keys", expanding=True)))


def require_open(work, *keys: bytes) -> frozenset[bytes]:
    """Return at which of the doors somebody failed before. Raises TooMany while one of them is shut."""
    known = {row.key: row.blocked_until for row in work.session.execute(_KNOWN, {"keys": keys})}
    until = max(filter(None, known.values()), default=None)
    if until and until > work.now:
        seconds = int((until - work.now).total_seconds()) + 1
        minutes = -(-seconds // 60)
        raise TooMany(
            f"试的次数太多了，请 {minutes} 分钟后再试。",
            f"Too many tries; please wait {minutes} min.",
            retry_after_s=seconds,
        )
    return frozenset(known)


def count_later(work, key: bytes, limit: Limit, *, owner_id: UUID | None = None) -> None:
    """Count a failed try once the refused unit of work has rolled back; where it shuts the door, its owner is told."""

    def counted(session) -> None:
        if count(session, key, limit, work.now) == limit.free and owner_id:
            notices.tell(session, owner_id, "tries_failed", work.now)

    work.after_rollback.append(counted)


def count(session, key: bytes, limit: Limit, now: datetime) -> int:
    """Count one failed try, shut the door where the limit says so, and return how many it were.

    Tries before the window are forgotten.
    """
    is_over = Throttle.since_at <= now - limit.window
    first = _INSERTS[session.get_bind().dialect.name](Throttle).values(key=key, failures=1, since_at=now)
    counted = first.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={
            "failures": case((is_over, 1), else_=Throttle.failures + 1),
            "since_at": case((is_over, now), else_=Throttle.since_at),
        },
    )
    failures = session.scalar(counted.returning(Throttle.failures))
    pause = limit.pause_after(failures)
    if pause:
        session.execute(update(Throttle).where(Throttle.key == key).values(blocked_until=now + pause))
    return failures


def forget(work, key: bytes) -> None:
    """Forget the failed tries at a door that was opened rightly."""
    work.session.execute(delete(Throttle).where(Throttle.key == key))

"""Engines, column types and ids. Nothing here knows what a child is."""

import logging
import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import pysqlite3
from sqlalchemy import DateTime, Engine, LargeBinary, MetaData, create_engine, event, make_url
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from mengya_health.errors import StartRefused, Unavailable

log = logging.getLogger("mengya")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# How a transaction of one statement is opened: SQLite begins and commits it by itself, and so holds its one lock for
# the writing alone, not while this thread waits for its turn between BEGIN and COMMIT.
ONE_STATEMENT = "one statement"

# Fixed in 3.51.3 and in these backports; older libraries may corrupt a WAL file when it is reset.
_WAL_SAFE_FROM = (3, 51, 3)
_WAL_BACKPORTS = {(3, 44): 6, (3, 50): 7}


def new_id() -> UUID:
    """Return a UUIDv7: sorted by the millisecond it was made in, 74 random bits (RFC 9562 §5.7)."""
    stamp_ms = time.time_ns() // 1_000_000
    tail = secrets.randbits(74)
    value = (stamp_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    return UUID(int=value)


def made_at(id: UUID) -> datetime:
    """Return when a UUIDv7 was made, UTC."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


class Id(TypeDecorator):
    """A UUID: 16 bytes on SQLite, `uuid` on PostgreSQL (UUID text would cost as much to parse as decrypting)."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(SqlUuid() if dialect.name == "postgresql" else LargeBinary(16))

    def process_bind_param(self, value, dialect):
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def result_processor(self, dialect, coltype):
        """Return what turns a stored value into a UUID: one call each, for it runs on every id of every row read."""
        return None if dialect.name == "postgresql" else _uuid_or_none


@lru_cache(maxsize=8192)
def _uuid_or_none(stored: bytes | None) -> UUID | None:
    # Kept, because the ids of a page repeat (its child, its hands, its place) and making one costs a microsecond.
    return None if stored is None else UUID(bytes=stored)


class UtcTime(TypeDecorator):
    """An aware UTC time. A naive one is a mistake of ours and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone was about to be stored")
        return value.astimezone(UTC)

    def result_processor(self, dialect, coltype):
        """Return what reads a stored time: one call for each, as for ids."""
        read = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)

        def aware(stored):
            at = read(stored) if read else stored
            if at is None:
                return None
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

        return aware


class Base(DeclarativeBase):
    """Every table of the data database."""

    metadata = MetaData(naming_convention=NAMING)


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Return whether this SQLite version is free of the WAL-reset corruption bug."""
    return version >= _WAL_SAFE_FROM or version[2] >= _WAL_BACKPORTS.get(version[:2], 1000)


def make_engine(url: str) -> Engine:
    """Return an engine for one of our two databases, with the settings durability needs (security design §14)."""
    if url.startswith("sqlite"):
        return _sqlite_engine(url)
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        connect_args={"options": "-c statement_timeout=15000 -c timezone=UTC", "connect_timeout": 5},
    )


def _sqlite_engine(url: str) -> Engine:
    # A connection for each thread of a process (`serving.THREADS`): one more would be opened anew for every request.
    engine = create_engine(
        url, module=pysqlite3.dbapi2, hide_parameters=True, pool_size=10, connect_args={"timeout": 5}
    )
    safe = wal_is_safe(pysqlite3.sqlite_version_info)
    if not safe:
        log.warning("SQLite %s may corrupt a WAL file: the slower rollback journal is used", pysqlite3.sqlite_version)

    @event.listens_for(engine, "connect")
    def configure(connection, _record):
        connection.isolation_level = None  # SQLAlchemy says BEGIN itself, see below
        for pragma in (
            "PRAGMA foreign_keys=ON",
            "PRAGMA trusted_schema=OFF",
            "PRAGMA secure_delete=ON",
            "PRAGMA cell_size_check=ON",
            "PRAGMA temp_store=MEMORY",
            "PRAGMA busy_timeout=5000",
            "PRAGMA mmap_size=0",
            "PRAGMA journal_mode=WAL" if safe else "PRAGMA journal_mode=DELETE",
            "PRAGMA synchronous=FULL" if safe else "PRAGMA synchronous=EXTRA",
        ):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection):
        # A deferred transaction that reads and then writes fails at once with "locked", whatever the timeout.
        writing = connection.get_execution_options().get("writing", True)
        if writing != ONE_STATEMENT:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def open_session(engine: Engine, *, writing: bool) -> Session:
    """Return a session whose transaction is a writing one, or a reading one that never waits for a writer."""
    return Session(engine_for(engine, writing), expire_on_commit=False, autoflush=False)


@lru_cache(maxsize=16)
def engine_for(engine: Engine, writing: bool | str) -> Engine:
    """Return the engine whose transactions are of one sort, kept: made anew for each it costs as much as a statement.

    `writing` False only reads and never waits for a writer; ONE_STATEMENT is that.
    """
    return engine.execution_options(writing=writing)


def open_engine(url: str, name: str) -> Engine:
    """Return an engine for a database that is there. Raises StartRefused, and makes no file, when it is not."""
    if not is_made(url, name):
        file = make_url(url).database
        raise StartRefused(
            f"没有找到{name} {file}。第一次使用请运行 mengya init。",
            f"There is no database at {file}. For a first start run mengya init.",
        )
    engine = make_engine(url)
    try:
        require_reachable(engine, name)
    except StartRefused:
        engine.dispose()
        raise
    return engine


def is_made(url: str, name: str) -> bool:
    """Return False for a SQLite file that is not there, or empty; whatever else is there, opening it tells.

    Raises StartRefused for an address that is neither SQLite's nor PostgreSQL's.
    """
    try:
        address = make_url(url)
        backend, database = address.get_backend_name(), address.database
    except SQLAlchemyError:
        backend = database = None
    if backend == "postgresql":
        return True
    if backend == "sqlite" and database:
        return Path(database).exists() and Path(database).stat().st_size > 0
    # The address itself is not repeated: it may hold a password.
    raise StartRefused(
        f"{name}的地址写得不对，要像 postgresql://用户@主机/库 这样。",
        f"The address of the {name} database is not right: write it like postgresql://user@host/database.",
    ) from None


def require_encrypted(url: str, name: str) -> None:
    """Raise StartRefused for a database on another machine without a checked certificate (security design §14)."""
    address = make_url(url)
    is_here = address.host in (None, "localhost", "127.0.0.1", "::1") or address.host.startswith("/")
    if address.get_backend_name() == "postgresql" and not is_here and address.query.get("sslmode") != "verify-full":
        raise StartRefused(
            f"{name}在另一台机器上，地址里要写 sslmode=verify-full，否则内容会在网络上被看到或冒充。",
            f"The {name} database is on another machine: its address needs sslmode=verify-full.",
        )


def require_reachable(engine: Engine, name: str) -> None:
    """Raise StartRefused unless a trivial query works."""
    try:
        with engine.execution_options(writing=False).connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except SQLAlchemyError as error:
        raise StartRefused(
            f"连不上{name}。请检查地址、网络和磁盘权限后再启动。",
            f"Cannot reach the {name} database. Check its address, the network and the disk, then start again.",
        ) from error


def is_busy(error: OperationalError) -> bool:
    """Return whether an operational error only says that somebody else holds the lock for too long."""
    return "locked" in str(error.orig) or "timeout" in str(error.orig)


def as_unavailable(error: OperationalError) -> Unavailable:
    """Return what to tell a person when the database could not take part just now."""
    return (
        Unavailable()
        if is_busy(error)
        else Unavailable("数据库暂时连不上，请过一会儿再试。", "The database is not reachable.")
    )

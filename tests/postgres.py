"""A throw-away PostgreSQL cluster for the tests, and fresh databases in it."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

OWNER = "mengya"  # owns the tables, and is held by no fence
PROGRAM = "mengya_program"  # what the program signs in as
# Nothing outlives the tests, so nothing need reach the disk.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"}


@dataclass(frozen=True)
class Cluster:
    """A running server; databases in it are named by number."""

    port: int
    numbers: Iterator[int] = field(default_factory=count)
    spare: dict[str, list[str]] = field(default_factory=dict)  # databases that were used and put in order, by template
    made_as: dict[str, "Snapshot"] = field(default_factory=dict)

    def url(self, database: str, role: str = OWNER) -> str:
        """Return the SQLAlchemy URL of a database for whoever owns its tables."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def program_url(self, database: str) -> str:
        """Return the URL of the same database for the program, which owns nothing."""
        return self.url(database, PROGRAM)

    def new_database(self, template: str = "template0") -> str:
        """Make a database, empty or a copy of `template` (nobody may be connected to that), and return its name."""
        name = f"test_{next(self.numbers)}"
        self.run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def make_template(self, prepare: Callable[[str], None]) -> str:
        """Make a database, let `prepare` fill it by its URL, and return its name for `new_database`."""
        name = self.new_database()
        prepare(self.url(name))
        return name

    def lend(self, template: str) -> str:
        """Return a database that is as its template: one put in order again, else a new copy, which takes longer."""
        spare = self.spare.setdefault(template, [])
        if spare:
            return spare.pop()
        name = self.new_database(template)
        if template not in self.made_as:
            with self.connect(name) as connection:
                self.made_as[template] = Snapshot.of(connection)
        return name

    def take_back(self, name: str, template: str) -> None:
        """Put a lent database in order for the next test; one whose tables a test has changed is dropped."""
        with self.connect(name) as connection:
            is_in_order = self.made_as[template].restore(connection)
        if is_in_order:
            self.spare[template].append(name)
        else:
            self.drop(name)

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}", autocommit=True)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.run("DROP DATABASE {} WITH (FORCE)", name)

    def run(self, statement: str, *names: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@dataclass(frozen=True)
class Snapshot:
    """What a database holds: how its tables are made, and the rows of those that are not empty."""

    tables: tuple[str, ...]
    shape: str
    rows: dict[str, bytes]

    # Tables, columns, triggers with whether they are on, policies and grants: a test that touches these is not undone.
    SHAPE = """
        SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
            SELECT format('%s %s %s %s', relname, relkind, relacl, relrowsecurity) AS line
                FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT format('%s %s %s', attrelid::regclass, attname, atttypid) FROM pg_attribute
                WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
            UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
            UNION ALL SELECT format('%s %s %s', polrelid::regclass, polname, polcmd) FROM pg_policy
            UNION ALL SELECT format('%s %s', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ) AS lines"""

    @classmethod
    def of(cls, connection: psycopg.Connection) -> "Snapshot":
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = tuple(name for (name,) in found)
        rows = {name: rows for name in tables if (rows := _copied(connection, name))}
        return cls(tables, connection.execute(cls.SHAPE).fetchone()[0], rows)

    def restore(self, connection: psycopg.Connection) -> bool:
        """Make the database hold exactly this again; False where its tables are no longer made like this."""
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if connection.execute(self.SHAPE).fetchone()[0] != self.shape:
            return False
        emptied = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in self.tables]
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
            connection.execute(sql.SQL("; ").join(emptied))
            for name, rows in self.rows.items():
                statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(name))
                with connection.cursor().copy(statement) as copy:
                    copy.write(rows)
        return True


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    """Return the rows of a table as PostgreSQL copies them, b"" if it has none."""
    if connection.execute(sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(table))).fetchone()[0]:
        return b""
    statement = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))
    with connection.cursor().copy(statement) as copy:
        return b"".join(map(bytes, copy))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A server of its own for this test process; skips where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed 没有安装 PostgreSQL")
    # Not below pytest's own folder: that one is closed to the ordinary user the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="mengya-postgres-"))
    identity = _ordinary_user()
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    port = _free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "--pgdata", folder / "cluster", *arguments],
            cwd=folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **identity,
        )

    run("initdb", "--username", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    (folder / "cluster" / "postgresql.auto.conf").write_text(_settings(folder, port))
    run("pg_ctl", "start", "--wait", "--log", str(folder / "log"))
    cluster = Cluster(port)
    cluster.run("CREATE ROLE {} LOGIN", PROGRAM)
    yield cluster
    run("pg_ctl", "stop", "--wait", "--mode=immediate")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database of the test module's own."""
    name = postgres_cluster.new_database()
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)


def _programs() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs, or None."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda program: float(program.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _ordinary_user() -> dict:
    """Return who the server is to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _settings(folder: Path, port: int) -> str:
    settings = SETTINGS | {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
    }
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

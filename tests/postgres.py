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

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.run("DROP DATABASE {} WITH (FORCE)", name)

    def run(self, statement: str, *names: str) -> None:
        address = f"postgresql://{OWNER}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


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

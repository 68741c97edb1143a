"""An installation of one's own for each test: SQLite files or PostgreSQL databases, both copied from one made once."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mengya_health.access.actor import Actor
from mengya_health.config import WORKFLOWS, Settings
from mengya_health.content import Content, load_content
from mengya_health.crypto.keys import PassphraseCost
from mengya_health.crypto.passwords import HashCost, Passwords
from mengya_health.db import make_engine
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, open_installation
from mengya_health.work import Work
from tests.factories import District, a_district

pytest_plugins = [
    f"tests.{name}" for name in ("postgres", "browser", "compiled", "demo", "district", "sites", "terminal", "widths")
]

# With the longest files first the processes of a run end together; the rest go as they come.
LONGEST = (
    "operations/test_demo.py", "web/test_every_page.py", "journeys/test_round_the_loop.py", "web/test_doors.py",
    "journeys/test_rough_roads.py", "security/test_kill.py", "security/test_stored_text.py",
    "operations/test_import_survey.py", "web/test_hostile_text.py", "journeys/test_keyboard.py",
    "journeys/test_passkeys.py", "operations/test_verifying.py", "web/test_cases.py", "web/test_policy.py",
    "care/test_round_the_loop.py", "care/test_twelve_walks.py", "care/test_simulation.py",
)  # fmt: skip

TESTS = Path(__file__).parent
PASSPHRASE = "只用于测试的口令 only for tests"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, nine in the morning at the clinic
CHEAP = PassphraseCost(time_cost=1, memory_kib=8)
CHEAP_HASHES = HashCost(time_cost=1, memory_kib=8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {TESTS / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


class Clock:
    """The only thing besides the outside world that tests replace."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settings_in(folder: Path, **changed) -> Settings:
    """Return the settings of a test installation on SQLite in a folder."""
    data, passphrase = folder / "data", folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    settings = Settings(
        environment="test",
        data_dir=data,
        keyring_dir=folder / "keys",
        database_url=f"sqlite:///{data / 'mengya.db'}",
        keystore_url=f"sqlite:///{data / 'keystore.db'}",
        passphrase_file=passphrase,
        session_cap=3,
    )
    return replace(settings, **changed)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Settings:
    """One initialised installation on SQLite."""
    settings = settings_in(tmp_path_factory.mktemp("prepared"))
    initialise(settings, PASSPHRASE, now=START, cost=CHEAP, environ={})
    return settings


@pytest.fixture(scope="session")
def prepared_postgres(prepared, postgres_cluster) -> tuple[str, str]:
    """The names of two template databases, data and keystore, under the same keyring."""
    keystore = postgres_cluster.new_database()
    data = postgres_cluster.new_database()
    initialise(_on_postgres(prepared, postgres_cluster, data, keystore), PASSPHRASE, now=START, environ={})
    return data, keystore


@pytest.fixture(scope="session")
def settled(prepared, shipped_content, tmp_path_factory) -> tuple[Settings, District]:
    """One installation on SQLite in which a district is at work already, and who is in it."""
    data_dir = tmp_path_factory.mktemp("settled") / "data"
    shutil.copytree(prepared.data_dir, data_dir)
    settings = _on_sqlite(prepared, data_dir)
    with _opened(settings, shipped_content) as opened:
        return settings, a_district(opened)


@pytest.fixture(scope="session")
def settled_postgres(
    prepared, prepared_postgres, postgres_cluster, shipped_content
) -> tuple[tuple[str, str], District]:
    """The names of two template databases like `prepared_postgres`, with a district, and who is in it."""
    data, keystore = names = tuple(map(postgres_cluster.new_database, prepared_postgres))
    with _opened(_on_postgres(prepared, postgres_cluster, data, keystore), shipped_content) as opened:
        return names, a_district(opened)


def _on_sqlite(settings: Settings, data_dir: Path) -> Settings:
    return replace(
        settings,
        data_dir=data_dir,
        database_url=f"sqlite:///{data_dir / 'mengya.db'}",
        keystore_url=f"sqlite:///{data_dir / 'keystore.db'}",
    )


def _on_postgres(settings: Settings, cluster, data: str, keystore: str) -> Settings:
    return replace(
        settings,
        data_dir=settings.data_dir.with_name("postgres"),
        database_url=cluster.program_url(data),
        owner_url=cluster.url(data),
        keystore_url=cluster.url(keystore),
    )


@contextmanager
def _opened(
    settings: Settings, content: Content, now: Callable[[], datetime] = lambda: START
) -> Iterator[Installation]:
    opened = open_installation(settings, now=now, passwords=Passwords(CHEAP_HASHES), content=content, environ={})
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    """Which of the two databases the test runs on; a module that needs only one overrides this."""
    return request.param


@pytest.fixture
def settings(request, database: str, prepared: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The settings of an installation of the test's own, initialised; with the district, where the test asks for it."""
    data_dir = tmp_path / "data"
    is_settled = "district" in request.fixturenames
    if database == "sqlite":
        copied = request.getfixturevalue("settled")[0] if is_settled else prepared
        shutil.copytree(copied.data_dir, data_dir)
        yield _on_sqlite(prepared, data_dir)
        return
    cluster = request.getfixturevalue("postgres_cluster")
    templates = (
        request.getfixturevalue("settled_postgres")[0] if is_settled else request.getfixturevalue("prepared_postgres")
    )
    names = tuple(map(cluster.lend, templates))
    data_dir.mkdir(mode=0o700)
    yield replace(_on_postgres(prepared, cluster, *names), data_dir=data_dir)
    for name, template in zip(names, templates, strict=True):
        cluster.take_back(name, template)


@pytest.fixture
def district(request, database: str, installation: Installation) -> District:
    """The district that is in the test's installation from its beginning: made once, and copied with the databases."""
    return request.getfixturevalue("settled" if database == "sqlite" else "settled_postgres")[1]


@pytest.fixture(scope="session")
def shipped_content() -> Content:
    """The clinical content the product ships."""
    return load_content(WORKFLOWS)


@pytest.fixture(scope="session")
def content(shipped_content) -> Content:
    """The clinical content that a test's installation works by; a module that needs other content overrides this."""
    return shipped_content


@pytest.fixture
def installation(settings: Settings, clock: Clock, content: Content) -> Iterator[Installation]:
    with _opened(settings, content, clock) as opened:
        yield opened


@pytest.fixture
def owner(installation) -> Iterator[Engine]:
    """The database as whoever owns its tables sees it: past every fence and grant, as a thief or an administrator."""
    url = installation.settings.owner_url
    if url is None:
        yield installation.engine
        return
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def work_as(installation) -> Callable[..., AbstractContextManager[Work]]:
    """`with work_as(actor) as work:` is one unit of work, committed at its end, as the doors do it."""

    def begin(actor: Actor | None, *, writing: bool = True) -> AbstractContextManager[Work]:
        return begin_work(installation, actor, writing=writing)

    return begin

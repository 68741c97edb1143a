"""Starting, and refusing to: one clear line, an exit code that is not 0, nothing written."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pysqlite3
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from mengya_health import cli, db, jobs
from mengya_health.app import create_app
from mengya_health.config import WORKFLOWS, settings_from
from mengya_health.crypto.passwords import Passwords
from mengya_health.errors import Invalid, NotPermitted
from mengya_health.handouts import fonts
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.queries import open_handout
from mengya_health.jobs import Job
from mengya_health.operations import installation as opening
from mengya_health.operations.accounts import add_staff
from mengya_health.operations.installation import open_installation
from mengya_health.people import accounts
from mengya_health.people.acting import actor_of_login
from tests.conftest import CHEAP_HASHES, PASSPHRASE
from tests.factories import PASSWORD, a_child, a_district
from tests.web.browsing import Forms

OPENING = ("check", "serve", "worker")
MIGRATED = "UPDATE alembic_version SET version_num = '{}'"


@dataclass
class Operator:
    """Somebody at a terminal, with an installation in a folder of their own."""

    folder: Path
    environ: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ours = (name for name in os.environ if name.startswith("MENGYA_"))
        self.environ = dict.fromkeys((*ours, "DATABASE_URL", "KEYSTORE_URL", "FLASK_DEBUG"))
        self.environ |= {
            "MENGYA_ENV": "test",
            "MENGYA_DATA": str(self.data),
            "MENGYA_KEYRING": str(self.keyring.parent),
            "MENGYA_PASSPHRASE_FILE": str(self.passphrase),
        }

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def keyring(self) -> Path:
        return self.folder / "keys" / "keyring.json"

    @property
    def passphrase(self) -> Path:
        return self.folder / "passphrase"

    def run(self, *command: str, **how) -> Result:
        return CliRunner(env=self.environ).invoke(cli.main, command, **how)

    def sql(self, statement: str, file: str = "mengya.db") -> None:
        connection = pysqlite3.connect(self.data / file)
        connection.execute(statement)
        connection.commit()
        connection.close()

    def is_refused(self, *command: str, lines: int = 1) -> str:
        """Run a command that must be refused, see that it is as it should be, and return what was said."""
        before = snapshot(self.folder)
        result = self.run(*command)
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code not in (0, None)
        assert result.stderr.count("\n") == lines, result.stderr
        assert re.search("[一-鿿].*。.*[A-Za-z]{3}", result.stderr, re.DOTALL)
        assert snapshot(self.folder) == before
        return result.stderr


def snapshot(folder: Path) -> dict:
    """Return every file below a folder with its mode and its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def operator(prepared, tmp_path) -> Iterator[Operator]:
    """An operator of an installation that is ready to start."""
    own = Operator(tmp_path / "installation")
    shutil.copytree(prepared.data_dir, own.data)
    shutil.copytree(prepared.keyring_dir, own.keyring.parent)
    shutil.copy2(prepared.passphrase_file, own.passphrase)
    before = os.umask(0o022)
    yield own
    os.umask(before)


@pytest.fixture
def content_is_loaded(monkeypatch, content) -> None:
    """The shipped content, loaded once for many starts."""
    monkeypatch.setattr(opening, "load_content", lambda _folder: content)


@pytest.fixture
def newcomer(tmp_path) -> Iterator[Operator]:
    """An operator who has nothing but a passphrase."""
    own = Operator(tmp_path / "new")
    own.folder.mkdir()
    own.passphrase.touch(mode=0o600)
    own.passphrase.write_text(PASSPHRASE)
    before = os.umask(0o022)
    yield own
    os.umask(before)


# --- what is wrong with the keys ------------------------------------------------------------------------------------


def another_passphrase(own: Operator) -> None:
    own.passphrase.write_text("somebody else's")


def no_keyring(own: Operator) -> None:
    own.keyring.unlink()


def empty_keyring(own: Operator) -> None:
    own.keyring.write_bytes(b"")


def open_keyring(own: Operator) -> None:
    own.keyring.chmod(0o644)


def keyring_in_the_data(own: Operator) -> None:
    shutil.move(own.keyring.parent, own.data / "keys")
    own.environ["MENGYA_KEYRING"] = str(own.data / "keys")


def open_passphrase(own: Operator) -> None:
    own.passphrase.chmod(0o644)


def no_passphrase(own: Operator) -> None:
    own.passphrase.unlink()


def nobody_to_ask(own: Operator) -> None:
    own.environ["MENGYA_PASSPHRASE_FILE"] = None


def another_keyring(own: Operator) -> None:
    stored = json.loads(own.keyring.read_text())
    stored["root"][0]["wrapped"] = stored["root"][0]["wrapped"][:-2] + "00"
    own.keyring.write_text(json.dumps(stored))


# --- what is wrong with the databases -------------------------------------------------------------------------------


def no_server(own: Operator) -> None:
    own.environ |= dict.fromkeys(("DATABASE_URL", "KEYSTORE_URL"), "postgresql://nobody@127.0.0.1:9/none")


def no_database(own: Operator) -> None:
    (own.data / "mengya.db").unlink()


def no_keystore(own: Operator) -> None:
    (own.data / "keystore.db").unlink()


def empty_database(own: Operator) -> None:
    (own.data / "mengya.db").write_bytes(b"")


def no_database_at_all(own: Operator) -> None:
    (own.data / "mengya.db").write_text("a letter, not a database " * 100)


def older_database(own: Operator) -> None:
    own.sql(MIGRATED.format("0000"))


def newer_database(own: Operator) -> None:
    own.sql(MIGRATED.format("9999"))


def broken_off_init(own: Operator) -> None:
    own.sql("DELETE FROM deployment")


def nothing_there(own: Operator) -> None:
    shutil.rmtree(own.data)
    shutil.rmtree(own.keyring.parent)


SPOILED_KEYS = (
    another_passphrase, no_keyring, empty_keyring, open_keyring, keyring_in_the_data, open_passphrase, no_passphrase,
    nobody_to_ask, another_keyring,
)  # fmt: skip
SPOILED_DATABASES = (
    no_server, no_database, no_keystore, empty_database, no_database_at_all, older_database, newer_database,
    broken_off_init, nothing_there,
)  # fmt: skip


@pytest.mark.usefixtures("content_is_loaded")
@pytest.mark.parametrize("spoil", SPOILED_KEYS + SPOILED_DATABASES)
def test_an_unfit_installation_is_refused_in_one_line_and_left_as_it_is(operator, spoil: Callable):
    spoil(operator)
    lines = {operator.is_refused(command) for command in OPENING}
    assert len(lines) == 1


@pytest.mark.usefixtures("content_is_loaded")
@pytest.mark.parametrize(
    "spoil",
    [*SPOILED_KEYS, no_server, no_keystore, no_database_at_all, older_database, newer_database],
)
def test_init_makes_nothing_new_beside_what_is_left(operator, spoil: Callable):
    spoil(operator)
    operator.is_refused("init")


def test_init_does_not_make_half_of_an_installation(newcomer):
    newcomer.environ["MENGYA_PASSPHRASE_FILE"] = None
    newcomer.is_refused("init")
    newcomer.environ |= {"MENGYA_PASSPHRASE_FILE": str(newcomer.passphrase)}
    newcomer.passphrase.write_text("")
    newcomer.is_refused("init")
    newcomer.environ["MENGYA_KEYRING"] = str(newcomer.data / "keys")
    newcomer.is_refused("init")


def test_init_twice_changes_nothing(newcomer):
    assert newcomer.run("init").exit_code == 0
    assert newcomer.run("check").exit_code == 0
    before = snapshot(newcomer.folder)
    assert all(mode & 0o077 == 0 for name, (mode, _bytes) in before.items() if name != "passphrase")
    again = newcomer.run("init")
    assert (again.exit_code, "没有改动" in again.output) == (0, True)
    assert snapshot(newcomer.folder) == before


def test_init_that_was_broken_off_is_finished_by_the_next(operator):
    broken_off_init(operator)
    assert operator.run("init").exit_code == 0
    assert operator.run("check").exit_code == 0


@pytest.mark.usefixtures("content_is_loaded")
def test_an_older_database_is_not_changed_by_init_but_by_upgrade(operator):
    older_database(operator)
    assert "mengya upgrade" in operator.is_refused("init")


def test_a_newer_database_is_not_taken_for_an_older_one(operator):
    newer_database(operator)
    assert all("更新的程序" in operator.is_refused(command) for command in (*OPENING, "upgrade"))


@pytest.mark.usefixtures("content_is_loaded")
# --- what is wrong with the machine or the checkout -----------------------------------------------------------------


@pytest.mark.usefixtures("content_is_loaded")
def test_without_a_font_nothing_starts(operator, monkeypatch, tmp_path):
    monkeypatch.setattr(fonts.check_rendering, "__defaults__", (tmp_path / "no fonts", fonts.LIBRARIES))
    assert all("NotoSansSC_400Regular.ttf" in operator.is_refused(command) for command in OPENING)


def test_without_the_font_library_nothing_starts_and_the_package_is_named(operator, monkeypatch):
    libraries = {"libharfbuzz-subset.so.none": "libharfbuzz-subset0"}
    monkeypatch.setattr(fonts.check_rendering, "__defaults__", (fonts.FOLDER, libraries))
    assert all("libharfbuzz-subset0" in operator.is_refused(command) for command in OPENING)


@pytest.mark.parametrize("file", ["visit_schedule.yaml", "time_limits.yaml", "service_menu.yaml"])
def test_a_broken_workflow_file_is_named_with_its_line(operator, file, monkeypatch, tmp_path):
    copied = tmp_path / "workflows"
    shutil.copytree(WORKFLOWS, copied)
    broken = copied / file
    broken.write_text(broken.read_text().replace(":", ":\n  - [", 1))
    monkeypatch.setattr(opening, "WORKFLOWS", copied)
    assert all(re.search(rf"{file}:\d+: ", operator.is_refused(command, lines=3)) for command in OPENING)


# --- what is wrong with the settings --------------------------------------------------------------------------------


@pytest.mark.usefixtures("content_is_loaded")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MENGYA_ENV", "prod"),
        ("MENGYA_SUITE", "aes"),
        ("MENGYA_SUITE", "0x09"),
        ("MENGYA_AGE_RULE", "rounded"),
        ("MENGYA_HOSTS", " , "),
        ("MENGYA_PROXIES", "one"),
        ("DATABASE_URL", "postgresql://somebody@db.example/mengya"),
        ("DATABASE_URL", "mysql://somebody:secret@db.example/mengya"),
        ("DATABASE_URL", "not an address, but a secret"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(operator, name, value):
    operator.environ[name] = value
    if "@db.example" not in value or value.startswith("mysql"):
        operator.environ["KEYSTORE_URL"] = f"sqlite:///{operator.data / 'keystore.db'}"
    assert all("secret" not in operator.is_refused(command) for command in OPENING)


PRODUCTION = {
    "MENGYA_ENV": "production",
    "MENGYA_BASE_URL": "https://tongxin.example",
    "MENGYA_HOSTS": "tongxin.example",
    "MENGYA_PROXIES": "1",
}


@pytest.mark.usefixtures("content_is_loaded")
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MENGYA_BASE_URL": "http://tongxin.example"}, "https"),
        ({"MENGYA_HOSTS": "localhost"}, "MENGYA_HOSTS"),
        ({"MENGYA_PROXIES": "0"}, "MENGYA_PROXIES"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"MENGYA_ROOT_KEY": "ab" * 32}, "MENGYA_ALLOW_ENV_KEY"),
    ],
)
def test_production_is_refused_with_an_unsafe_setting(operator, changed, said):
    operator.environ |= PRODUCTION | changed
    assert said in operator.is_refused("serve")


def test_production_starts_with_safe_settings_and_believes_its_own_proxy_only(operator):
    environ = {name: value for name, value in (operator.environ | PRODUCTION).items() if value is not None}
    opened = open_installation(settings_from(environ), environ=environ)
    app = create_app(opened)
    seen = []
    app.before_request(lambda: seen.append(opening_address()))
    forwarded = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "X-Forwarded-Proto": "https"}
    answer = app.test_client().get("/sign-in", headers={"Host": "tongxin.example", **forwarded})
    opened.close()
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-")
    assert seen == [("203.0.113.9", "https", "tongxin.example")]


def opening_address() -> tuple[str, str, str]:
    from flask import request

    return request.remote_addr, request.scheme, request.host


# --- the command line does as it says -------------------------------------------------------------------------------


@pytest.mark.usefixtures("content_is_loaded")
def test_a_file_that_cannot_be_written_is_said_in_one_line(operator):
    operator.is_refused("growth", "nowhere.csv", "out.csv", "--reference", "who2006")
    operator.environ["MENGYA_DATA"] = str(operator.passphrase / "below a file")
    operator.is_refused("init")


def test_the_first_administrator_makes_accounts_at_the_command_line(operator):
    made = operator.run("init", "--admin", "first", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    add = ("user", "add", "--name", "样本员工", "--as", "first")
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert operator.run(*add, "officer", "--role", "security_officer", input=typed).exit_code == 0
    taken = operator.run(*add, "officer", "--role", "security_officer", input=typed)
    assert (taken.exit_code, "login" in taken.stderr) == (1, True)
    assert operator.run("init", "--admin", "second", input=typed).exit_code == 1


@pytest.mark.parametrize("database", ["sqlite"])
def test_an_account_made_at_the_command_line_is_at_its_place_and_whole_or_not_there(installation, work_as):
    district = a_district(installation)
    wanted = {"admin": "sysadmin", "login": "newdoctor", "name": "样本新医生", "password": PASSWORD}
    # A code that is not there, no code for who works at a place, a role that is none.
    for role, code in (("doctor", "nowhere"), ("doctor", None), ("emperor", None)):
        with pytest.raises(Invalid):
            add_staff(installation, role=role, organisation=code, **wanted)
    add_staff(installation, role="doctor", organisation="clinic", **wanted)
    with work_as(None, writing=False) as work:
        actor = actor_of_login(work, "newdoctor")
    assert [(place.role, place.organisation_id) for place in actor.places] == [("doctor", district.clinic_id)]
    with pytest.raises(NotPermitted):
        add_staff(installation, role="doctor", organisation="clinic", **wanted | {"admin": "newdoctor", "login": "x"})


@pytest.mark.usefixtures("content_is_loaded")
@pytest.mark.parametrize("database", ["sqlite"])
def test_a_paper_is_printed_at_the_command_line_for_who_may(installation, work_as, operator, tmp_path):
    operator.environ |= {
        "MENGYA_DATA": str(installation.settings.data_dir),
        "MENGYA_KEYRING": str(installation.settings.keyring_dir),
    }
    own = replace(installation, now=opening.clock)
    district = a_district(own)
    with opening.begin_work(own, district.sysadmin) as work:
        logins = {"doctor": district.clinic_id, "stranger": district.other_clinic_id}
        for login, place_id in logins.items():
            user = accounts.add_user(work, login=login, name="样本员工", password=PASSWORD)
            accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=place_id)
    with opening.begin_work(own, district.doctor) as work:
        child = a_child(work, district, birth_on=work.today - timedelta(days=400))
    command = ("print", "record_summary", "--child", child.number, "--out", str(tmp_path / "out.pdf"))
    for refused in ("stranger", "nobody"):
        assert operator.run(*command, "--as", refused).exit_code == 1
    assert not (tmp_path / "out.pdf").exists()
    printed = operator.run(*command, "--as", "doctor")
    assert printed.exit_code == 0, printed.output
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


def test_check_says_that_nobody_does_the_jobs(operator):
    long_ago = "2020-01-01 00:00:00"
    nobody = "zeroblob(16)"
    columns = "id, kind, subject_id, asked_by, asked_role, status, attempts, error_code, created_at"
    values = f"{nobody}, 'render_handout', {nobody}, {nobody}, 'doctor', 'requested', 0, '', '{long_ago}'"
    operator.sql(f"INSERT INTO job ({columns}) VALUES ({values})")  # noqa: S608
    assert "mengya worker" in operator.is_refused("check")


# --- the queue and the database files -------------------------------------------------------------------------------


def test_a_job_message_is_plain_text_and_runs_nothing(prepared, tmp_path):
    queue = jobs.make_queue(replace(prepared, data_dir=tmp_path), make_tables=True)
    job_id = db.new_id()
    jobs.send(queue, [job_id])
    stored = pysqlite3.connect(tmp_path / "queue.db").execute("SELECT data FROM task").fetchone()[0]
    assert str(job_id) in json.dumps(json.loads(stored))
    assert queue.dequeue().args == [str(job_id)]
    queue.storage.close()


def test_a_queue_that_is_away_does_not_undo_what_was_stored(prepared, tmp_path, caplog):
    queue = jobs.make_queue(replace(prepared, data_dir=tmp_path), make_tables=True)
    queue.storage.close()
    (tmp_path / "queue.db").write_text("no queue " * 1000)
    job_id = db.new_id()
    jobs.send(queue, [job_id])
    assert str(job_id) in caplog.text


@pytest.mark.parametrize(("version", "journal", "synchronous"), [((3, 40, 1), "delete", 3), ((3, 53, 4), "wal", 2)])
def test_the_journal_goes_by_the_library_and_deleted_text_is_gone(
    version, journal, synchronous, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(pysqlite3, "sqlite_version_info", version)
    names = ("journal_mode", "synchronous", "secure_delete")
    engine = db.make_engine(f"sqlite:///{tmp_path / 'some.db'}")
    with engine.begin() as connection:
        pragma = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in names}
        connection.execute(text("CREATE TABLE note (words TEXT)"))
        connection.execute(text("INSERT INTO note VALUES (:words)"), {"words": "a canary that was deleted"})
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM note"))
    engine.dispose()
    assert pragma == {"journal_mode": journal, "synchronous": synchronous, "secure_delete": 1}
    assert ("WAL" in caplog.text) == (journal == "delete")
    assert b"canary" not in (tmp_path / "some.db").read_bytes()


# --- serving --------------------------------------------------------------------------------------------------------


class Server:
    """`mengya serve` in a process of its own, and the processes below it."""

    def __init__(self, settings, folder: Path) -> None:
        self.port = free_port()
        self.stderr = folder / "stderr"
        ours = {
            "MENGYA_ENV": "test",
            "MENGYA_DATA": str(settings.data_dir),
            "MENGYA_KEYRING": str(settings.keyring_dir),
            "MENGYA_PASSPHRASE_FILE": str(settings.passphrase_file),
            "DATABASE_URL": settings.database_url,
            "KEYSTORE_URL": settings.keystore_url,
            "HOME": str(folder),
        }
        self.command = [Path(sys.executable).with_name("mengya"), "serve", "--port", str(self.port)]
        with self.stderr.open("w") as stderr:
            self.process = subprocess.Popen(self.command, env=os.environ | ours, stdout=stderr, stderr=stderr)
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, path: str, **form: str) -> tuple[str, str]:
        """Return the address a page is at in the end, and its text."""
        body = urlencode(form).encode() if form else None
        with self.opener.open(f"http://127.0.0.1:{self.port}{path}", body, timeout=20) as answer:
            return answer.url, answer.read().decode()

    def processes(self) -> dict[int, list[int]]:
        """Return the processes below ours: each child with its own children."""
        return {child: children_of(child) for child in children_of(self.process.pid)}

    def worker(self) -> int:
        return next(pid for pid, below in self.processes().items() if not below)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what: Callable, *, seconds: float = 60):
    """Return what a function gives once it gives something and raises nothing."""
    until = time.monotonic() + seconds
    while True:
        try:
            if found := what():
                return found
        except (OSError, StopIteration):
            pass
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture
def server(settings, tmp_path) -> Iterator[Server]:
    running = Server(settings, tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_serving_answers_does_jobs_outlives_its_worker_and_ends_at_once(server, settings, content, operator):
    installation = open_installation(settings, passwords=Passwords(CHEAP_HASHES), content=content, environ={})
    district = a_district(installation)
    eventually(lambda: json.loads(server.open("/healthz")[1]) == {"database": True, "keyring": True, "disk": True})
    form = Forms(server.open("/sign-in")[1]).by_action["/sign-in"]
    typed = {name: value for name, (value,) in form.items()} | {"login": "sysadmin", "password": PASSWORD}
    assert server.open("/sign-in", **typed)[0].endswith("/account")

    first = eventually(server.worker)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: server.worker() != first)
    with opening.begin_work(installation, district.doctor) as work:
        child = a_child(work, district, birth_on=work.today - timedelta(days=400))
    with opening.begin_work(installation, district.doctor) as work:
        handout = ask_for(work, child, "record_summary")

    def finished() -> bool:
        with opening.begin_work(installation, None, writing=False) as work:
            return work.session.get(Job, handout.job_id).status in ("completed", "failed")

    eventually(finished)
    with opening.begin_work(installation, district.doctor, writing=False) as work:
        assert open_handout(work, handout.id).startswith(b"%PDF")

    again = CliRunner(env=operator.environ).invoke(cli.main, ["serve", "--port", str(server.port)])
    assert (again.exit_code, again.stderr.count("\n")) == (2, 1)
    assert str(server.port) in again.stderr

    below = server.processes()
    everybody = [*below, *(pid for pids in below.values() for pid in pids)]
    assert len(everybody) == 4
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=15) == 0
    assert time.monotonic() - begun < 8
    assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in server.stderr.read_text()
    installation.close()


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_killed_parent_leaves_nobody_holding_the_port(server):
    eventually(lambda: server.open("/healthz"))
    below = eventually(server.processes)
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), seconds=15)
    with socket.create_server(("127.0.0.1", server.port)):
        pass

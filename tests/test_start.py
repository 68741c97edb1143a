"""Starting, and refusing to: one clear line, an exit code that is not 0, nothing written."""

import json
import re
import shutil
from collections.abc import Callable

import pytest
from flask import request

from mengya_health.app import create_app
from mengya_health.config import WORKFLOWS, settings_from
from mengya_health.handouts import fonts
from mengya_health.operations import installation as opening
from mengya_health.operations.installation import open_installation
from tests.terminal import Operator, snapshot

OPENING = ("check", "serve", "worker")
MIGRATED = "UPDATE alembic_version SET version_num = '{}'"


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
        ("MENGYA_PASSWORD_PROFILE", "dengbao2"),
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
        ({"DATABASE_URL": "postgresql://m@db.example/m", "KEYSTORE_URL": "postgresql://k@127.0.0.1/k"}, "verify-full"),
        ({"KEYSTORE_URL": "postgresql://k@db.example/k?sslmode=require"}, "verify-full"),
    ],
)
def test_production_is_refused_with_an_unsafe_setting(operator, changed, said):
    """S-63: debug on, no TLS, no proxy that does it, no host of ours, a key out of the environment."""
    operator.environ |= PRODUCTION | changed
    assert said in operator.is_refused("serve")


@pytest.mark.usefixtures("content_is_loaded")
def test_production_does_not_take_the_secret_or_the_data_of_a_demo(operator):
    """S-63: a passphrase that lies beside what it opens, and a database whose passwords are printed."""
    operator.environ |= PRODUCTION
    beside = operator.keyring.parent / "beside"
    shutil.copy2(operator.passphrase, beside)
    operator.environ["MENGYA_PASSPHRASE_FILE"] = str(beside)
    assert "MENGYA_PASSPHRASE_FILE" in operator.is_refused("serve")
    operator.environ["MENGYA_PASSPHRASE_FILE"] = str(operator.passphrase)
    operator.sql("UPDATE deployment SET is_demo = 1")
    assert all("演示库" in operator.is_refused(command) for command in OPENING)


@pytest.mark.usefixtures("content_is_loaded")
def test_what_is_no_demo_is_not_opened_as_one(operator):
    made = operator.run("init", "--admin", "first", input="院子里的石榴树结了三个果\n" * 2)
    assert made.exit_code == 0, made.output
    operator.environ["MENGYA_ENV"] = "demo"
    assert all("演示" in operator.is_refused(command) for command in OPENING)


def test_production_starts_with_safe_settings_and_believes_its_own_proxy_only(operator):
    environ = {name: value for name, value in (operator.environ | PRODUCTION).items() if value is not None}
    opened = open_installation(settings_from(environ), environ=environ)
    app = create_app(opened)
    seen = []
    app.before_request(lambda: seen.append(opening_address()))
    forwarded = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "X-Forwarded-Proto": "https"}
    forwarded["X-Forwarded-Host"] = "evil.example"
    answer = app.test_client().get("/sign-in", headers={"Host": "tongxin.example", **forwarded})
    opened.close()
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-")
    assert seen == [("203.0.113.9", "https", "tongxin.example")]


def opening_address() -> tuple[str, str, str]:

    return request.remote_addr, request.scheme, request.host

"""`verify` finds what was done to a database by whoever owns it, and nothing where nothing was done."""

import json
import shutil
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.crypto.passwords import Passwords
from mengya_health.history.models import HistoryHead
from mengya_health.history.notes import origin_of, printed, read_signed
from mengya_health.history.tree_check import Signer
from mengya_health.operations.checkpointing import take_checkpoint
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.operations.verifying import Report, verify
from mengya_health.people.queries import find_child
from mengya_health.record.commands import correct_entry, record_entry
from mengya_health.record.queries import find_entry
from mengya_health.signing.commands import sign_entry
from tests.conftest import CHEAP_HASHES, Clock
from tests.factories import PIN, a_child, a_district, a_guardian
from tests.operations.tampering import Tamperer
from tests.terminal import Operator

SHOWN = {"template": "sign", "template_ver": "1", "locale": "zh", "render_digest": "00"}
GUARDED = ("history_event", "checkpoint", "audit_leaf", "tree_node")


@pytest.fixture(scope="module")
def tampered_with(request, prepared, tmp_path_factory):
    """An installation with a history, made once: three children, three checkpoints, something new since the last."""
    kind = getattr(request, "param", "sqlite")
    folder = tmp_path_factory.mktemp(f"history-{kind}") / "data"
    if kind == "sqlite":
        shutil.copytree(prepared.data_dir, folder)
        urls = {
            "database_url": f"sqlite:///{folder / 'mengya.db'}",
            "keystore_url": f"sqlite:///{folder / 'keystore.db'}",
        }
    else:
        folder.mkdir(mode=0o700)
        cluster = request.getfixturevalue("postgres_cluster")
        made = [cluster.new_database(name) for name in request.getfixturevalue("prepared_postgres")]
        urls = dict(zip(("database_url", "keystore_url"), map(cluster.url, made), strict=True))
    clock = Clock()
    opened = open_installation(
        replace(prepared, data_dir=folder, **urls),
        now=clock,
        passwords=Passwords(CHEAP_HASHES),
        content=load_content(WORKFLOWS),
        environ={},
    )
    yield _with_history(opened, clock)
    opened.close()


def _with_history(installation, clock) -> SimpleNamespace:
    district = a_district(installation)
    with begin_work(installation, district.doctor) as work:
        children = [a_child(work, district, name=f"样本{name}") for name in "甲乙丙"]
    guardians = [a_guardian(installation, district, child) for child in children]
    old_heads, notes = [], []
    for round in range(4):
        for child, guardian in zip(children, guardians, strict=True):
            clock.forward(minutes=5)
            entry_id = _write(installation, district.doctor, child.id, f"第{round}次")
            _sign(installation, guardian, child.id, entry_id)
            _correct(installation, district.doctor, child.id, entry_id)
        if round < 3:
            if round < 2:
                with installation.engine.connect() as connection:
                    old_heads += connection.execute(select(HistoryHead.__table__)).all()
            notes.append(take_checkpoint(installation).note)
    _drop_guards(installation.engine)
    return SimpleNamespace(installation=installation, old_heads=old_heads, notes=notes)


def _write(installation, actor, child_id, text):
    with begin_work(installation, actor) as work:
        child = find_child(work, child_id)
        made = record_entry(
            work, child, section="health", kind="advice", content={"text": text}, happened_on=work.today
        )
        return made.id


def _correct(installation, actor, child_id, entry_id):
    with begin_work(installation, actor) as work:
        correct_entry(work, find_child(work, child_id), entry_id, content={"text": "更正"}, row_version=1)


def _sign(installation, guardian, child_id, entry_id):
    with begin_work(installation, guardian) as work:
        child = find_child(work, child_id)
        entry = find_entry(work, child, entry_id)
        nonce = entry_id.bytes
        sign_entry(
            work, child, entry, read_version=1, decision="agree", pin=PIN, capacity="guardian", shown=SHOWN, nonce=nonce
        )


def _drop_guards(engine) -> None:
    """What only the owner of the schema can do."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for table in GUARDED:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            for table in ("revision", "entry", "signature"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            return
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))


def verified(tampered_with, connection, *, has_keys=True) -> Report:
    installation = tampered_with.installation
    signer = Signer(installation.deployment_id, installation.keystore.log_key.public)
    origin = origin_of(installation.deployment_id)
    witnesses = [read_signed(note, origin=origin, public_key=signer.public_key) for note in tampered_with.notes]
    keystore = installation.keystore if has_keys else None
    return verify(connection, installation.keystore.hash_suite.digest, signer, keystore=keystore, witnesses=witnesses)


def missed(tampered_with, seed: int) -> str:
    """Do one random thing to the database and take it back; return what was not found or not named, else ""."""
    with tampered_with.installation.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        way, names = Tamperer(connection, Random(seed), tampered_with.old_heads)()  # noqa: S311 to be repeated, not kept
        report = verified(tampered_with, connection)
        connection.rollback()
    if not any(map(names, report.faults)):
        return f"{way} (seed {seed}): {[str(fault) for fault in report.faults]}"
    return ""


@pytest.mark.parametrize("tampered_with", ["sqlite", "postgresql"], indirect=True)
def test_whatever_is_done_to_the_database_is_found_and_named(tampered_with):
    """S-28, S-29, S-30: flip, delete, insert, reorder, swap, roll back; before and after there is no false alarm."""
    seeds = range(150) if tampered_with.installation.engine.dialect.name == "sqlite" else range(1000, 1060)
    with tampered_with.installation.engine.connect() as connection:
        for has_keys in (True, False):
            report = verified(tampered_with, connection, has_keys=has_keys)
            assert [str(fault) for fault in report.faults] == []
        assert (report.counts["checkpoints"], report.counts["witnesses"]) == (3, 3)
        assert report.counts["events"] > 50
    found = [said for seed in seeds if (said := missed(tampered_with, seed))]
    assert not found, "\n".join(found)
    with tampered_with.installation.engine.connect() as connection:
        assert verified(tampered_with, connection).faults == []


@pytest.mark.full
def test_ten_thousand_random_changes_are_all_found_and_named(tampered_with):
    """S-28, S-29, S-30, whole."""
    found = [said for seed in range(2000, 12000) if (said := missed(tampered_with, seed))]
    assert not found, "\n".join(found)


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def operator(tampered_with, tmp_path):
    """Somebody at a terminal with the installation whose history was made; its files copied, to be changed."""
    settings = tampered_with.installation.settings
    shutil.copytree(settings.data_dir, tmp_path / "data")
    shutil.copytree(settings.keyring_dir, tmp_path / "keys")
    shutil.copy(settings.passphrase_file, tmp_path / "passphrase")
    return Operator(tmp_path)


def test_the_command_says_by_its_exit_code_whether_the_history_holds(operator, tampered_with):
    """S-28, S-29, S-30, S-73: 0 it holds, 1 tampered with and where, 2 it cannot be checked."""
    folder = operator.folder
    kept, paper = folder / "kept.txt", folder / "paper.txt"
    kept.write_bytes(tampered_with.notes[0])
    paper.write_text(printed(tampered_with.notes[1]))
    witnesses = ("--checkpoint", str(kept), "--checkpoint", str(paper))
    for how in ((), ("--no-keys",), witnesses):
        result = operator.run("verify", *how)
        assert (result.exit_code, "历史完整" in result.stdout) == (0, True), result.stderr
    said = json.loads(operator.run("verify", "--json", *witnesses).stdout)
    assert (said["ok"], said["faults"], said["counts"]["witnesses"]) == (True, [], 2)
    _cannot_be_checked(operator, kept)
    for table, change in BROKEN_SEALS.items():
        _is_tampered_with(operator, change, table)
    _is_tampered_with(operator, "UPDATE signature SET public_key = zeroblob(32)", "signature", "--no-keys")
    _is_tampered_with(operator, "UPDATE revision SET body = zeroblob(200)", "entry")
    kept.write_bytes(tampered_with.notes[-1])
    newest = "(SELECT max(size) FROM checkpoint)"
    back = f"DELETE FROM checkpoint WHERE size = {newest}"  # noqa: S608
    _is_tampered_with(operator, back, "rolled_back", "--checkpoint", str(kept), "--json")


# S-73: an authorising column changed, or the counter put back, without the seal.
BROKEN_SEALS = {
    "relationship": "UPDATE relationship SET to_on = '2099-01-01'",
    "consent": "UPDATE consent SET purpose = 'P5'",
    "membership": "UPDATE membership SET role = 'sysadmin' WHERE role = 'doctor'",
    "child": "UPDATE child SET row_version = row_version - 1",
    "user": "UPDATE user SET status = 'active', row_version = row_version - 1",
    "invitation": "UPDATE invitation SET expires_at = '2099-01-01 00:00:00.000000'",
}


def _is_tampered_with(operator, change: str, names: str, *how: str) -> None:
    before = (operator.data / "mengya.db").read_bytes()
    operator.sql(change)
    result = operator.run("verify", *how)
    assert result.exit_code == 1, change
    assert names in result.stderr + result.stdout, result.stderr
    for file in operator.data.glob("mengya.db-*"):
        file.unlink()
    (operator.data / "mengya.db").write_bytes(before)


def _cannot_be_checked(operator, kept) -> None:
    other = operator.folder / "other.txt"
    other.write_bytes(kept.read_bytes().replace(b"\n", b"\n1", 1))
    for how in (
        ("--checkpoint", str(other)),
        ("--checkpoint", "/nowhere"),
        ("--child", "nobody"),
        ("--receipt", str(other)),
    ):
        result = operator.run("verify", *how)
        assert (result.exit_code, "没法核对" in result.stderr) == (2, True), result.stderr
    operator.environ["MENGYA_KEYRING"] = str(operator.folder / "nowhere")
    for how in ((), ("--no-keys",)):
        assert operator.run("verify", *how).exit_code == 2
    operator.environ["MENGYA_KEYRING"] = str(operator.keyring.parent)


def test_one_child_is_verified_alone(operator, tampered_with):
    child_id = tampered_with.old_heads[0].child_id
    others = f"UPDATE revision SET commit = zeroblob(32) WHERE child_id <> x'{child_id.hex}'"  # noqa: S608
    operator.sql(others.replace("commit", '"commit"'))
    assert operator.run("verify", "--no-keys").exit_code == 1
    alone = operator.run("verify", "--child", str(child_id))
    assert alone.exit_code == 0, alone.stderr
    assert "chains 1 " in alone.stdout

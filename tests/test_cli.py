"""The commands an operator types, and the files they leave."""

import json
from dataclasses import replace
from datetime import timedelta

import pysqlite3
import pytest
from sqlalchemy import text

from mengya_health import cli, db, jobs
from mengya_health.operations import installation as opening
from mengya_health.people import accounts
from tests.factories import PASSWORD, a_child, a_district, an_account


@pytest.mark.usefixtures("content_is_loaded")
def test_a_file_that_cannot_be_written_is_said_in_one_line(operator):
    operator.is_refused("growth", "nowhere.csv", "out.csv", "--reference", "who2006")
    operator.environ["MENGYA_DATA"] = str(operator.passphrase / "below a file")
    operator.is_refused("init")


@pytest.mark.usefixtures("content_is_loaded")
def test_the_first_administrator_makes_accounts_at_the_command_line(operator):
    made = operator.run("init", "--admin", "first", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert operator.run("init", "--admin", "second", input=typed).exit_code == 1
    steps = (
        "place region 310199 新区",
        "place region 310199001 新街道 --in 310199",
        "place add QH1 新门诊 --kind clinic --in 310199001",
        "place add YE1 新幼儿园 --kind kindergarten --in 310199001",
        "place class YE1 小一班",
        "user add lin --name 样本林医生 --role doctor --organisation QH1",
        "user add chen --name 样本陈老师 --role teacher --organisation YE1 --class 小一班",
        "place lead QH1 lin",
        "user role lin --add reviewer --organisation QH1",
        "user role lin --end reviewer",
        "user role lin --renew",
        "user close lin",
        "user close lin --open",
        "user link lin",
    )
    for step in steps:
        done = operator.run(*step.split(), "--as", "first")
        assert done.exit_code == 0, (step, done.output)
        # No account's password passes through the administrator's hands: a link is all there is.
        assert ("http://localhost:8000/join/" in done.output) == (step.startswith(("user add", "user link"))), step
    listed = operator.run("place", "list").output
    assert all(name in listed for name in ("310199001", "QH1", "小一班"))
    refused = (
        "user add lin --name 样本 --role doctor --organisation QH1",
        "user add x --name 样本 --role doctor --organisation nowhere",
        "user add x --name 样本 --role doctor",
        "user add x --name 样本 --role emperor --organisation QH1",
        "user role first --add security_officer",
        "place add QH1 新门诊 --kind clinic --in 310199001",
        "place add ZZ1 新门诊 --kind castle --in 310199001",
    )
    for step in refused:
        assert operator.run(*step.split(), "--as", "first").exit_code == 1, step
    assert operator.run("user", "add", "x", "--name", "样本", "--role", "manager", "--as", "lin").exit_code == 1


def test_no_command_takes_somebody_elses_password():
    """S-35, at the command line: only `init` asks for a password, the one of who runs it; none is an argument."""

    def options(group, path=()):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from options(command, (*path, name))
            else:
                yield (*path, name), {option for each in command.params for option in each.opts}

    taking = {path for path, names in options(cli.main) if any("password" in name or "pin" in name for name in names)}
    assert taking == set()


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
            user = an_account(work, login=login)
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
    """S-71."""
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

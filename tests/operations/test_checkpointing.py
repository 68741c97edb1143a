"""Checkpoints go outside and are never changed there; a database behind them does not open its doors."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from mengya_health import worker
from mengya_health.app import create_app
from mengya_health.audit import Alarm
from mengya_health.errors import StartRefused, Stopped, Unavailable
from mengya_health.history.models import HistoryEvent
from mengya_health.operations import witness
from mengya_health.operations.checking import require_healthy
from mengya_health.operations.checkpointing import flag_clock, take_checkpoint, witness_state
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.people import account_history
from mengya_health.people.models import User
from tests.factories import a_child, client_of


@pytest.fixture
def settings(settings, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    return replace(settings, witness_dir=outside)


@pytest.fixture
def again(installation):
    """Open the same installation once more, as a process that starts does."""
    opened = []

    def open_again(**changed):
        made = open_installation(
            replace(installation.settings, **changed), now=installation.now, content=installation.content, environ={}
        )
        opened.append(made)
        return made

    yield open_again
    for each in opened:
        each.close()


def state_of(installation):
    with begin_work(installation, None, writing=False) as work:
        return witness_state(installation, work.session)


def files(settings) -> dict:
    return {file.name: file.read_bytes() for file in settings.witness_dir.iterdir()}


def test_every_checkpoint_goes_outside_and_nothing_there_is_changed(installation, work_as, clock, settings, district):
    first = take_checkpoint(installation)
    assert list(files(settings).values()) == [first.note]
    (file,) = settings.witness_dir.iterdir()
    assert file.stat().st_mode & 0o222 == 0
    assert take_checkpoint(installation) is None
    with work_as(district.doctor) as work:
        a_child(work, district)
    second = take_checkpoint(installation)
    assert set(files(settings).values()) == {first.note, second.note}
    file.unlink()
    file.write_text("something else")
    assert witness.put(settings.witness_dir, installation.deployment_id, first) is None
    assert file.read_text() == "something else"


def test_the_page_turns_red_a_day_after_the_last_witness_of_something_new(
    installation, work_as, clock, settings, district
):
    take_checkpoint(installation)
    clock.forward(hours=30)
    assert not state_of(installation).is_late  # nobody did anything: all there is has its witness
    sysadmin = client_of(installation, district.sysadmin)
    assert "最近的记录都有据可查" in sysadmin.get("/admin/history").get_data(as_text=True)
    with work_as(district.doctor) as work:
        a_child(work, district)
    assert state_of(installation).is_late
    for actor in (district.sysadmin, district.security_officer):
        page = client_of(installation, actor).get("/admin/history").get_data(as_text=True)
        assert "超过 24 小时没有存证" in page
        assert "mark-no" in page
    assert client_of(installation, district.doctor).get("/admin/history").status_code == 403
    assert "超过 24 小时" in refusal(installation)
    take_checkpoint(installation)
    assert not state_of(installation).is_late


def refusal(installation) -> str:
    with pytest.raises(Unavailable) as refused:
        require_healthy(installation)
    return refused.value.zh


def test_a_folder_that_cannot_be_written_stops_nothing_and_shows(installation, work_as, settings, district):
    shutil.rmtree(settings.witness_dir)
    assert take_checkpoint(installation).size > 0
    assert not state_of(installation).is_readable
    settings.witness_dir.mkdir(mode=0o700)
    assert take_checkpoint(installation) is None
    assert len(files(settings)) == 1  # what could not be written then is written now


def put_back(owner) -> None:
    """Put the whole database back to how it was before the newest checkpoint, as its owner can."""
    with owner.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE checkpoint DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER checkpoint_no_delete"))
        connection.execute(text("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)"))


def test_a_database_behind_its_witness_stops_and_says_why(
    installation, work_as, settings, again, owner, caplog, district
):
    """The whole database was put back: no page opens, nothing is stored, and whoever looks is told what to do."""
    take_checkpoint(installation)
    with work_as(district.doctor) as work:
        a_child(work, district)
    take_checkpoint(installation)
    assert again().stopped is None
    put_back(owner)
    stopped = again()
    assert "is not of this database's past" in caplog.text
    client = create_app(stopped).test_client()
    for path in ("/", "/sign-in", "/today", f"/children/{district.clinic_id}"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "数据库和外部存证对不上" in answer.get_data(as_text=True)
        assert "Retry-After" not in answer.headers
    health = client.get("/healthz")
    assert (health.status_code, health.get_json()["history"]) == (503, False)
    with pytest.raises(Stopped), begin_work(stopped, None):
        pass
    with pytest.raises(Stopped):
        worker.run(stopped)
    before = files(settings)
    worker.checkpoint_at_end(stopped)
    assert files(settings) == before
    # Whoever keeps the folder has checked that it was a restore, and takes the newer file away.
    (settings.witness_dir / max(before)).rename(settings.witness_dir.parent / "kept.txt")
    assert again().stopped is None


def test_a_database_that_was_rewritten_stops(installation, work_as, settings, again, owner, district):
    take_checkpoint(installation)
    with owner.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE history_event DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER history_event_no_update"))
        connection.execute(HistoryEvent.__table__.update().values(hash=bytes(32)))
    assert again().stopped


def test_a_file_of_somebody_else_in_the_folder_does_not_count(installation, work_as, settings, again, district):
    take_checkpoint(installation)
    forged = settings.witness_dir / f"mengya-{installation.deployment_id}-999999999999.txt"
    (note,) = files(settings).values()
    forged.write_bytes(note.replace(b"\n", b"\n9", 1))
    assert again().stopped is None


def test_an_unfit_witness_folder_is_refused_at_the_start(settings, again, tmp_path):
    for folder in (settings.data_dir, settings.data_dir / "witness", settings.keyring_dir, tmp_path / "nowhere"):
        with pytest.raises(StartRefused, match="外部存证目录"):
            again(witness_dir=folder)
    settings.witness_dir.chmod(0o777)
    with pytest.raises(StartRefused, match="chmod o-w"):
        again()


def test_the_worker_makes_checkpoints_and_one_at_the_end(installation, work_as, settings, monkeypatch, district):
    monkeypatch.setattr(worker, "check_rendering", lambda: None)
    monkeypatch.setattr(worker, "_stop_on_signals", lambda: [1])
    worker.run(installation)
    assert len(files(settings)) == 1


def test_a_clock_put_forward_is_flagged_in_the_history_and_one_put_back_alarms(
    installation, work_as, clock, settings, district
):
    """S-34."""
    watch = worker.ClockWatch(clock)
    assert watch.jump() is None
    clock.forward(hours=1)
    jumped = watch.jump()
    assert timedelta(minutes=59) < jumped < timedelta(minutes=61)
    flag_clock(installation, jumped)
    assert state_of(installation).clock_set_at == clock.now
    clock.forward(hours=-1)
    assert watch.jump() < timedelta(minutes=-59)
    with pytest.raises(Unavailable, match="校对服务器时间"), work_as(district.sysadmin) as work:
        account_history.trace(work, work.session.get(User, district.sysadmin.user_id), "change")
    clock.forward(hours=1)
    with work_as(None, writing=False) as work:
        alarms = work.session.scalars(select(Alarm).order_by(Alarm.at)).all()
    assert [(alarm.kind, alarm.subject.split()[0]) for alarm in alarms] == [("clock", "behind"), ("clock", "forward")]

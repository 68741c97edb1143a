"""S-12: root and wrapping keys change while everything stays readable, whatever happens half-way."""

import os
import random
import signal
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from mengya_health.db import made_at, new_id
from mengya_health.errors import Invalid, NotNow, NotPermitted
from mengya_health.history.models import HistoryEvent
from mengya_health.operations import key_rotation
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.operations.two_persons import require_two_administrators
from mengya_health.people import accounts
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.queries import timeline
from tests.factories import PASSWORD, a_child, a_district, an_account
from tests.keys.erased import faults_of


def a_record(installation, district):
    """Return the doctor and a child with an entry, all readable."""
    with begin_work(installation, district.doctor) as work:
        child = a_child(work, district)
        record_entry(work, child, section="health", kind="advice", content={"text": "多喝水"}, happened_on=work.today)
    return district, child


def is_readable(installation, district, child) -> bool:
    with begin_work(installation, district.doctor, writing=False) as work:
        return [entry.content for entry in timeline(work, find_child(work, child.id))] == [{"text": "多喝水"}]


def killed_at(installation, statement: int) -> bool:
    """Run rewrap in a process that is killed before its n-th statement; return whether it got that far."""
    installation.before_fork()
    child = os.fork()
    if child == 0:
        left = iter(range(statement))

        def die_when_due(*_):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        for engine in (installation.engine, installation.keystore._engine):
            event.listen(engine, "before_cursor_execute", die_when_due)
        key_rotation.rewrap(installation)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def wraps_by_version(installation) -> dict[str, tuple[int, int]]:
    return {f"{each.kind}:{each.version}": (each.wraps, each.seals) for each in key_rotation.versions(installation)}


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.full)])
def test_rewrapping_that_is_killed_at_any_point_leaves_everything_readable_and_ends_complete(
    installation, settings, monkeypatch, clock, content, kills, district
):
    """S-12: kills at random statements; an app that runs on meanwhile, and one that starts anew, read it all."""
    monkeypatch.setattr(key_rotation, "BATCH", 7)
    running = open_installation(settings, now=clock, content=content, environ={})
    district, child = a_record(installation, district)
    installation.keystore.create_keys_of([new_id() for _ in range(8)])
    assert is_readable(running, district, child)
    key_rotation.rotate_root(installation)
    key_rotation.rotate_wrapping(installation)
    dice = random.Random(12)  # noqa: S311  which points, not which keys
    killed = 0
    for _ in range(kills):
        killed += killed_at(installation, dice.randrange(2, 120 // kills))
        assert is_readable(running, district, child)
    assert killed >= kills // 2
    key_rotation.rewrap(installation)
    assert key_rotation.rewrap(installation) == 0
    counts = wraps_by_version(installation)
    assert counts["root:1"] == counts["wrapping:1"] == (0, 0)
    assert counts["root:2"] == (2, 0)
    assert faults_of(installation) == []
    assert min(counts["wrapping:2"]) > 0
    assert is_readable(running, district, child)
    anew = open_installation(settings, now=clock, content=content, environ={})
    assert is_readable(anew, district, child)
    with begin_work(running, district.doctor) as work:  # and it writes with what it has learned
        a_child(work, district, name="样本乙")
    assert wraps_by_version(installation)["wrapping:1"] == (0, 0)
    for opened in (running, anew):
        opened.close()


def test_an_old_version_goes_only_when_nothing_hangs_on_it(installation, settings, clock, content, district):
    """S-12: destroyed too early it would take records along."""
    district, child = a_record(installation, district)
    keystore = installation.keystore
    old_root, old_wrapping = keystore.provider.current_kid(), keystore.newest_wrapping_key().id
    later = made_at(new_id()) + timedelta(days=9)

    def destroy(kid, now=later):
        key_rotation.destroy(installation, kid, now=now)

    for kid in (old_root, old_wrapping):
        with pytest.raises(NotNow):
            destroy(kid)
    key_rotation.rotate_root(installation)
    key_rotation.rotate_wrapping(installation)
    for kid in (old_root, old_wrapping):
        with pytest.raises(NotNow, match="rewrap"):
            destroy(kid)
    key_rotation.rewrap(installation)
    with pytest.raises(NotNow, match="八天"):
        destroy(old_wrapping, made_at(new_id()))
    with pytest.raises(Invalid):
        destroy(new_id())
    destroy(old_wrapping)
    destroy(old_root)
    assert set(wraps_by_version(installation)) == {"root:1", "wrapping:2"}
    anew = open_installation(settings, now=clock, content=content, environ={})
    assert is_readable(anew, district, child)
    anew.close()


def test_a_row_sealed_anew_still_equals_what_the_history_says_last(installation, district):
    """The history repeats the seals of ties: a new seal is a new event, and the row's version stays."""
    _district, child = a_record(installation, district)
    tie = select(Relationship).where(Relationship.child_id == child.id).limit(1)
    with begin_work(installation, None, writing=False) as work:
        before = work.session.scalar(tie)
    key_rotation.rotate_wrapping(installation)
    key_rotation.rewrap(installation)
    with begin_work(installation, None, writing=False) as work:
        after = work.session.scalar(tie.where(Relationship.id == before.id))
        newest = select(HistoryEvent).where(HistoryEvent.rec == before.id).order_by(HistoryEvent.child_seq.desc())
        told = work.session.scalar(newest.limit(1))
    assert (after.row_version, told.rec_ver) == (before.row_version, before.row_version)
    assert before.seal != after.seal == told.commit
    assert b'"op":"reseal"' in told.event


def test_a_broken_seal_is_not_healed_by_a_new_one(installation, work_as, owner, district):
    _district, child = a_record(installation, district)
    forged = update(Relationship.__table__).where(Relationship.__table__.c.child_id == child.id)
    with owner.begin() as connection:
        connection.execute(forged.values(authority="signs"))
    key_rotation.rotate_wrapping(installation)
    key_rotation.rewrap(installation)
    with work_as(None, writing=False) as work:
        tie = work.session.scalar(select(Relationship).where(Relationship.child_id == child.id).limit(1))
        assert not work.keys.row_seal_holds("relationship", tie.seal, *tie.authorising(), tie.row_version)


def test_an_invitation_and_a_sent_form_outlive_a_rotation(installation, work_as):
    with work_as(None) as work:
        before = work.keys.code_hashes("K7Q2M9XW4T")[1]  # as it was stored when codes were hashed under it
        code, mac, forms = work.keys.code_hash("K7Q2M9XW4T"), work.keys.body_mac(b"a=1"), work.keys.form_secret()
    key_rotation.rotate_wrapping(installation)
    with work_as(None) as work:
        assert code in work.keys.code_hashes("K7Q2M9XW4T")
        assert before in work.keys.code_hashes("K7Q2M9XW4T")
        assert work.keys.code_hash("K7Q2M9XW4T") == code
        assert work.keys.body_mac_holds(mac, b"a=1")
        assert not work.keys.body_mac_holds(mac, b"a=2")
        assert work.keys.form_secret() == forms


@pytest.mark.parametrize("database", ["sqlite"])
def test_two_different_administrators_are_needed(installation):
    district = a_district(installation)
    with begin_work(installation, district.sysadmin) as work:
        second = an_account(work, login="second")
        accounts.add_membership(work, user_id=second.id, role="sysadmin")
        an_account(work, login="nobody")
    first = ("sysadmin", PASSWORD, "")
    for other in (first, ("nobody", PASSWORD, "")):
        with pytest.raises(NotPermitted):
            require_two_administrators(installation, [first, other])
    with pytest.raises(Invalid):
        require_two_administrators(installation, [first, ("second", "x" + PASSWORD, "")])
    require_two_administrators(installation, [first, ("second", PASSWORD, "")])

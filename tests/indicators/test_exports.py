"""Figures that leave, from the counting to the file: S-65, S-66."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from mengya_health.audit import AuditEvent
from mengya_health.errors import IntegrityError, NotFound, NotNow, NotPermitted, PasswordNeeded
from mengya_health.indicators import exports
from mengya_health.indicators.counting import NO_CASE, Cell, count_children
from mengya_health.indicators.csv_file import as_cell, csv_file
from mengya_health.indicators.models import Export
from mengya_health.operations.decoys import make_decoys
from mengya_health.people.approvals import Approval
from mengya_health.people.commands import end_tie
from mengya_health.people.models import Child, Organisation
from mengya_health.people.queries import find_child
from tests.factories import a_member

FORMULA = '=HYPERLINK("https://evil.example","幼儿园")'


@pytest.fixture
def manager(work_as, district):
    with work_as(district.sysadmin) as work:
        return a_member(work, "manager", district.mch_institute_id)


@pytest.fixture
def taken(work_as, district, manager, clock):
    """Ask for an export, have it approved and take it: the file as text."""

    def take(scope: str = "inside") -> str:
        people = {
            name: replace(who, session_kind="job") for name, who in (("m", manager), ("o", district.security_officer))
        }
        with work_as(people["m"]) as work:
            asked = exports.ask_export(work, scope=scope, recipient="示例区卫健委", purpose="年度小结")
        with work_as(people["o"]) as work:
            exports.decide_export(work, asked.id, is_approved=True)
        with work_as(people["m"]) as work:
            return exports.take_export(work, asked.id).decode("utf-8-sig")

    return take


def leave(work_as, district, child) -> None:
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        for tie in found.subject.ties:
            if tie.kind == "enrolment":
                end_tie(work, found, tie.id)


def test_a_class_of_three_shows_nowhere_also_after_one_has_left(
    register, installation, work_as, district, manager, taken, clock
):
    """S-66: a class with three children beside one with six; then one leaves each, and the file stays the same."""
    three = [register("P1", "P4", group_id=district.group_id, birth_on=date(2025, 2, 3)) for _ in range(3)]
    six = [register("P1", "P4", group_id=district.other_group_id, birth_on=date(2025, 5, 6)) for _ in range(6)]
    register("P1", group_id=district.other_group_id, birth_on=date(2025, 5, 6))  # no consent to statistics
    make_decoys(installation, login="sysadmin")
    with work_as(manager) as work:
        counted = count_children(work)
    place = district.kindergarten_id
    assert counted == {Cell(place, "2025Q1", NO_CASE): 3, Cell(place, "2025Q2", NO_CASE): 6}
    first = taken()
    assert "2025Q1" not in first
    assert "示例幼儿园,2025Q2,5,不列,不列,不列,不列,5" in first
    assert first.rstrip().endswith("合计（只加列出的）,,5,0,0,0,0,5")
    clock.forward(days=1)
    leave(work_as, district, three[0])
    leave(work_as, district, six[0])
    with work_as(district.doctor) as work:
        work.session.get(Child, six[1].id).status = "deceased"
    with work_as(manager) as work:
        assert count_children(work)[Cell(place, "2025Q2", NO_CASE)] == 4
    assert taken() == first


@pytest.mark.parametrize("database", ["sqlite"])
def test_it_takes_two_people_and_is_taken_once_within_a_day(work_as, district, manager, clock):
    officer = district.security_officer
    with work_as(manager) as work:
        asked = exports.ask_export(work, scope="inside", recipient="卫健委", purpose="小结")
    with pytest.raises(NotFound), work_as(manager) as work:
        exports.take_export(work, asked.id)
    with pytest.raises(NotPermitted), work_as(manager) as work:
        exports.decide_export(work, asked.id, is_approved=True)
    stale = {"reauthenticated_at": None}
    with pytest.raises(PasswordNeeded), work_as(replace(officer, **stale)) as work:
        exports.decide_export(work, asked.id, is_approved=True)
    with work_as(officer) as work:
        exports.decide_export(work, asked.id, is_approved=True)
    with pytest.raises(PasswordNeeded), work_as(replace(manager, **stale)) as work:
        exports.take_export(work, asked.id)
    with pytest.raises(NotPermitted), work_as(officer) as work:
        exports.take_export(work, asked.id)
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        exports.export_ledger(work)
    clock.forward(hours=25)
    with pytest.raises(NotNow), work_as(replace(manager, reauthenticated_at=clock.now)) as work:
        exports.take_export(work, asked.id)
    with work_as(manager) as work:
        assert [each.status for each in exports.export_ledger(work)] == ["closed"]


@pytest.mark.parametrize("database", ["sqlite"])
def test_the_ledger_tells_what_left_and_does_not_hold_when_changed(work_as, district, manager, taken, owner):
    file = taken()
    with work_as(manager) as work:
        (line,) = exports.export_ledger(work)
        assert (line.status, line.recipient, line.purpose) == ("taken", "示例区卫健委", "年度小结")
        assert line.file_hash == work.keys.digest(("\ufeff" + file).encode()).hex()
        noted = work.session.scalars(select(AuditEvent.purpose).where(AuditEvent.action == "E")).all()
        assert noted == ["statistics"]
        assert work.session.scalars(select(Approval.status)).all() == ["used"]
    with pytest.raises(NotFound), work_as(manager) as work:
        exports.take_export(work, line.id)
    with owner.begin() as connection:
        connection.execute(update(Export).values(figures=b'{"inside":[],"outside":[]} '))
    with work_as(manager) as work:
        assert exports.export_ledger(work) == []
    with pytest.raises(IntegrityError):
        taken()


@pytest.mark.parametrize("database", ["sqlite"])
def test_outside_the_district_places_have_another_name_each_time(register, work_as, district, taken):
    """S-66, k = 20: a place of twenty is shown under a pseudonym that two exports do not share; one of six is not."""
    for _ in range(20):
        register("P1", "P4", birth_on=date(2025, 5, 6))
    for _ in range(6):
        register("P1", "P4", birth_on=date(2025, 5, 6), group_id=district.group_id)
    files = [taken("outside"), taken("outside")]
    lines = [file.splitlines()[1:-1] for file in files]
    assert [len(each) for each in lines] == [1, 1]
    assert [each[0].partition(",")[2] for each in lines] == ["2025Q2,20,不列,不列,不列,不列,20"] * 2
    assert lines[0] != lines[1]
    assert "示例" not in "".join(files)


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(register, work_as, district, taken):
    """S-65."""
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
        assert as_cell(text) == f"'{text}"
    assert as_cell("小一班") == "小一班"
    assert csv_file([["=a", 1]]) == b"\xef\xbb\xbf'=a,1\r\n"
    with work_as(district.sysadmin) as work:
        work.session.get(Organisation, district.kindergarten_id).name = FORMULA
    for _ in range(5):
        register("P1", "P4", birth_on=date(2025, 5, 6), group_id=district.group_id)
    assert "\"'" + FORMULA.replace('"', '""') + '",2025Q2,5' in taken()

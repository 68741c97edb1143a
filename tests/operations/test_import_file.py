"""`mengya import`: files as clinics write them, and what is refused."""

from datetime import date

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from mengya_health.errors import Invalid, NotPermitted
from mengya_health.operations.import_file import import_as, import_children
from mengya_health.operations.import_urgent import ASKED, NAMED
from mengya_health.people import accounts
from mengya_health.people.models import Child
from mengya_health.people.queries import class_children, find_children
from mengya_health.record.models import Entry, Task
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.measurements import growth_history
from mengya_health.screening.urgent_care import OUTCOME
from tests.factories import an_account
from tests.operations.importing import ROWS, written


@pytest.fixture
def database() -> str:
    """SQLite only: what differs between the databases, the survey's import shows."""
    return "sqlite"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_names_arrive_whatever_encoding_the_file_has(take, work_as, district, tmp_path, encoding):
    report = take(written(tmp_path, [ROWS[2].replace("样本小满", "样本喆")], encoding=encoding))
    assert report.children_added == 1
    with work_as(district.doctor, writing=False) as work:
        (child,) = find_children(work, work.session.scalars(select(Child.id))).values()
        assert child.name == "样本喆"
        assert [each.weight_kg for each in growth_history(work, child)] == ["13.1"]


def test_a_workbook_with_chinese_headings_and_real_dates_is_taken(take, work_as, district, tmp_path):
    book = Workbook()
    book.active.append(["编号", "姓名", "性别", "出生日期", "测量日期", "体重", "身长身高", "体位", "班级"])
    # A cell of a sheet that holds a day comes back as midnight of that day.
    book.active.append(["7", "样本小寒", "女", date(2024, 1, 6), date(2026, 11, 2), 12.3, 90, "站", "小一班"])
    book.active["J1"], book.active["K1"] = "监护人", "监护人电话"
    book.active["J2"], book.active["K2"] = "样本家长", "138 0013 8000"
    path = tmp_path / "children.xlsx"
    book.save(path)
    assert take(path).problems == ()
    with work_as(district.doctor, writing=False) as work:
        (child,) = find_children(work, work.session.scalars(select(Child.id))).values()
        assert (child.birth_on, child.sex, child.class_name) == (date(2024, 1, 6), "F", "小一班")
        assert child.contacts[0].phone == "13800138000"
        (measured,) = growth_history(work, child)
        assert (measured.weight_kg, measured.lenhei_cm, measured.position) == ("12.3", "90", "h")
    with work_as(district.teacher, writing=False) as work:
        assert class_children(work, district.group_id) == []  # the teacher sees nobody before P2 is given


def test_everything_a_line_says_reaches_the_record(take, work_as, district, tmp_path):
    header = "id,name,sex,birth_date,gestational_weeks,gestational_days,birth_weight_kg,id_no,hb_g_l,oedema"
    report = take(written(tmp_path, ["B1,样本,F,2025-11-20,34,3,2.105,110105202511200011,108,y"], header=header))
    assert report.problems == ()
    with work_as(district.doctor, writing=False) as work:
        (child,) = find_children(work, work.session.scalars(select(Child.id))).values()
        assert (child.gestational_days, child.birth_weight_kg) == (34 * 7 + 3, "2.105")
        (entry,) = entries_of_kind(work, child, "screening")
        assert {"code": "HB", "value": 108} in entry.content["readings"]
        assert entry.content["oedema"] is True


def test_several_days_of_one_child_become_several_entries_and_one_planned_visit(take, work_as, district, tmp_path):
    report = take(written(tmp_path))
    assert (report.children_added, report.measurements_added) == (2, 3)
    with work_as(district.doctor, writing=False) as work:
        days = work.session.scalars(select(Entry.happened_on).order_by(Entry.happened_on)).all()
        assert days == [date(2026, 5, 21), date(2026, 11, 20), date(2026, 11, 20)]
        assert work.session.scalar(select(func.count()).select_from(Task).where(Task.kind == "visit")) == 2


def test_a_later_file_adds_only_what_is_new(take, tmp_path):
    take(written(tmp_path, ROWS[:1]))
    report = take(written(tmp_path))
    assert (report.children_added, report.measurements_added, report.unchanged) == (1, 2, 1)


def test_progress_counts_the_children(take, tmp_path):
    seen = []
    take(written(tmp_path), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_every_problem_of_a_file_is_named_by_line_and_column_and_nothing_is_stored(take, work_as, tmp_path):
    rows = (
        "A01,样本,F,2025-11-20,2026-05-21,7.42,65.6,l,42.1,",
        "A02,样本,X,2025-11-20,2026-05-21,742,65.6,l,42.1,",
        "A03,样本,M,2025-13-20,2026-05-21,7.42,65.6,l,42.1,",
        "A04,样本,M,2026-06-20,2026-05-21,7.42,65.6,l,42.1,",
        "A05,,M,2025-11-20,2026-05-21,7.42,65.6,l,42.1,",
        "A06,样本,M,2025-11-20,2027-01-01,7.42,65.6,l,42.1,",
        "A07,样本,M,2025-11-20,,7.42,65.6,l,42.1,",
        "A01,样本,F,2025-11-20,2026-05-21,7.43,65.6,l,42.1,",
        "A01,样本,M,2025-11-20,2026-06-21,7.43,65.6,l,42.1,",
        "A08,样本,M,2025-11-20,2026-06-21,7.43,65.6,l,42.1,,,extra",
    )
    report = take(written(tmp_path, rows))
    assert [(each.line, each.column) for each in report.problems] == [
        (3, "sex"), (3, "weight_kg"), (4, "birth_date"), (5, "measured_date"), (6, "name"), (7, "measured_date"),
        (8, "measured_date"), (9, "measured_date"), (10, "sex"), (11, ""),
    ]  # fmt: skip
    assert str(report.problems[1]).startswith("第 3 行 weight_kg：要在 0.4 到 80")
    assert "10 处" in str(report)
    with work_as(None, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Child)) == 0


def test_a_changed_value_for_the_same_day_is_a_conflict_and_nothing_is_stored(take, work_as, tmp_path):
    take(written(tmp_path))
    changed = (ROWS[0].replace("7.42", "7.24"), ROWS[1], "A03,样本小雪,F,2025-01-20,2026-05-21,9.42,76,l,44.1,")
    report = take(written(tmp_path, changed))
    assert [(each.line, each.column) for each in report.problems] == [(2, "weight_kg")]
    with work_as(None, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Child)) == 2
        assert work.session.scalar(select(func.count()).select_from(Entry)) == 3


def test_a_child_on_record_under_another_name_or_birth_date_is_a_conflict(take, tmp_path):
    take(written(tmp_path))
    report = take(written(tmp_path, [ROWS[2].replace("样本小满", "样本大满").replace("2024-03-01", "2024-03-02")]))
    assert [(each.line, each.column) for each in report.problems] == [(2, "birth_date"), (2, "name")]


def test_an_id_number_that_has_a_record_already_is_refused(take, tmp_path):
    header, row = "id,name,sex,birth_date,id_no", ",样本,F,2025-11-20,110105202511200011"
    take(written(tmp_path, [f"B1{row}"], header=header))
    report = take(written(tmp_path, [f"B2{row}"], header=header))
    assert [(each.line, each.column) for each in report.problems] == [(2, "id_no")]


def test_new_children_need_consent_on_paper(take, tmp_path):
    report = take(written(tmp_path), paper_consent=False)
    assert "--paper-consent" in report.problems[0].message
    take(written(tmp_path))
    assert take(written(tmp_path), paper_consent=False).problems == ()


def test_a_class_nobody_knows_is_named(take, tmp_path):
    rows = ["B1,样本,F,2025-11-20,小一班", "B2,样本,F,2025-11-20,小九班", "B3,样本,F,2025-11-20,示例幼儿园/小二班"]
    report = take(written(tmp_path, rows, header="id,name,sex,birth_date,class"))
    assert [(each.line, each.column) for each in report.problems] == [(3, "class")]


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (b"", "空"),
        (b"id,sex,weigth_kg\n1,F,9", "weigth_kg"),
        ("id,sex,编号\n1,F,9".encode(), "重复"),
        (b"id,sex\n\xff\xfe\xff,F\n", "编码"),
        (b'id,sex\n"1,F\n', "第 2 行"),
        (b"\xd0\xcf\x11\xe0old", "旧版"),
        (b"PK\x03\x04broken", "xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(take, tmp_path, stored, says):
    path = tmp_path / "children.csv"
    path.write_bytes(stored)
    with pytest.raises(Invalid, match=says):
        take(path)


def test_a_file_that_is_not_there_is_refused(take, tmp_path):
    with pytest.raises(Invalid, match="打不开"):
        take(tmp_path / "nothing.csv")


def test_only_a_doctor_of_the_clinic_imports(work_as, district, tmp_path):
    for actor in (district.teacher, district.other_doctor, district.sysadmin):
        with pytest.raises(NotPermitted), work_as(actor) as work:
            import_children(work, written(tmp_path), clinic_id=district.clinic_id, paper_consent=True)


def test_the_command_line_imports_in_the_name_of_a_doctor_and_of_nobody_else(installation, work_as, district, tmp_path):
    with work_as(district.sysadmin) as work:
        for login, role in (("lin", "doctor"), ("wang", "teacher")):
            user = an_account(work, login=login)
            accounts.add_membership(work, user_id=user.id, role=role, organisation_id=district.clinic_id)
    assert import_as(installation, written(tmp_path), login="lin", paper_consent=True).children_added == 2
    for login in ("wang", "nobody"):
        with pytest.raises(NotPermitted):
            import_as(installation, written(tmp_path), login=login, paper_consent=True)


def test_another_clinic_may_use_the_same_numbers_for_its_own_children(take, work_as, district, tmp_path):
    take(written(tmp_path))
    with work_as(district.other_doctor) as work:
        report = import_children(work, written(tmp_path), clinic_id=district.other_clinic_id, paper_consent=True)
    assert report.children_added == 2


def test_birth_weight_is_the_same_however_many_zeros_it_has(take, tmp_path):
    header = "id,name,sex,birth_date,birth_weight_kg"
    take(written(tmp_path, ["B1,样本,F,2025-11-20,3.1"], header=header))
    assert take(written(tmp_path, ["B1,样本,F,2025-11-20,3.10"], header=header)).problems == ()


def test_what_cannot_wait_is_asked_about_while_it_is_fresh(take, work_as, district, tmp_path):
    header = "id,name,sex,birth_date,measured_date,hb_g_l"
    days = {"今天": "2026-11-23", "一周": "2026-11-16", "更早": "2026-11-15"}
    lines = [f"U{day},样本,F,2025-11-20,{on},50" for day, on in days.items()]
    lines.append("U好,样本,F,2025-11-20,2026-11-23,112")
    report = take(written(tmp_path, lines, header=header))
    assert [(each.line, each.message) for each in report.urgent] == [(2, ASKED), (3, ASKED), (4, NAMED)]
    assert not [each for each in report.urgent if "50" in str(each) or "样本" in str(each)]
    with work_as(district.doctor, writing=False) as work:
        asked = work.session.scalars(select(Task).where(Task.kind == OUTCOME, Task.status == "requested")).all()
        assert sorted(task.whose_turn for task in asked) == ["doctor", "doctor", "guardian", "guardian"]
        asked_about = {task.child_id for task in asked}
        for child in find_children(work, asked_about).values():
            (entry,) = entries_of_kind(work, child, "screening")
            assert (entry.content["urgent"]["codes"], entry.content["urgent"]["answer"]) == (["A3"], "")

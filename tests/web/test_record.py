"""The record of a child: its page, one entry with its versions, corrections, what each reader sees."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mengya_health.audit import AuditEvent
from mengya_health.care.commands import open_case
from mengya_health.growth.chart import SIZES
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Revision
from mengya_health.record.queries import timeline
from mengya_health.screening.commands import plan_first_visits, record_measurement
from mengya_health.screening.measurements import Measurement
from tests.bench.ours import ENTRIES, write_entries
from tests.conftest import START
from tests.factories import a_guardian, client_of
from tests.web.browsing import Browser

TODAY = START.date()
NEWEST = 20


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def measured(work_as, district, register):
    """A child born early and measured three times, the last time today."""
    child = register("P1", "P2", group_id=district.group_id)
    for days_ago, weight_kg in ((0, "8.00"), (30, "7.60"), (60, "7.20")):
        on = TODAY - timedelta(days=days_ago)
        with work_as(district.doctor) as work:
            measurement = Measurement(measured_on=on, weight_kg=weight_kg, lenhei_cm="73.1", position="l")
            record_measurement(work, find_child(work, child.id), measurement)
    with work_as(district.doctor) as work:
        plan_first_visits(work, find_child(work, child.id))
    return child


@pytest.fixture
def write(work_as, district):
    """Write some advice about a child, one a day into the past."""

    def written(child, number: int) -> None:
        with work_as(district.doctor) as work:
            found = find_child(work, child.id)
            for each in range(number):
                content, on = {"text": f"第 {each} 条指导"}, TODAY - timedelta(days=each)
                record_entry(work, found, section="health", kind="advice", content=content, happened_on=on)

    return written


def newest_entry(work_as, actor, child):
    with work_as(actor, writing=False) as work:
        return timeline(work, find_child(work, child.id), limit=1)[0]


def test_plain_text_put_in_the_place_of_what_is_sealed_is_never_shown(desk, owner, register, write):
    """S-07: the page fails, and says nothing of it."""
    child = register("P1")
    write(child, 1)
    page = f"/children/{child.id}"
    assert "第 0 条指导" in desk.open(page)
    with owner.begin() as connection:
        connection.execute(update(Revision.__table__).values(body='{"text": "谁也没写过"}'.encode()))
    answer = desk.client.get(page)
    assert (answer.status_code >= 500, "谁也没写过" in answer.text) == (True, False)


def test_the_record_shows_the_curve_the_figures_and_one_sentence(desk, measured):
    page = desk.open(f"/children/{measured.id}")
    assert "体重随月龄变化图，共 3 次测量，今天 8.0" in page
    assert "30 天体重增 0.40 kg（7.60 → 8.00）" in page
    assert "测量：体重 8.00 kg，身长 73.1 cm" in page
    assert "18月龄健康检查" in page
    assert "早产 36+0 周" in page


def test_chart_and_ages_are_chosen_by_the_address(desk, measured):
    page = desk.open(f"/children/{measured.id}?chart=lhfa&ages=actual")
    assert "身长/身高随月龄变化图" in page
    assert "chart=hcfa&amp;ages=actual" in page
    assert "体重随月龄变化图" in desk.open(f"/children/{measured.id}?chart=unknown")


def test_a_record_without_a_measurement_offers_the_first_one(desk, register):
    child = register("P1")
    page = desk.open(f"/children/{child.id}")
    assert "还没有测量" in page
    assert f"/children/{child.id}/check" in page


def test_an_open_case_stands_on_the_ring_with_whose_turn_it_is(desk, measured, work_as, district):
    with work_as(district.doctor) as work:
        open_case(work, measured.id, pathway_id="PW_UNDERNUTRITION", reason="体重增长慢")
    page = desk.open(f"/children/{measured.id}")
    assert "四步闭环：预防，轮到医生" in page
    assert "低体重/生长迟缓/消瘦：重点关注，第 1 天，轮到医生。" in page


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_record_takes_at_most_eight_statements_however_much_is_in_it(desk, measured, write, statements, work_as):
    counts = []
    for number in (1, 60):
        write(measured, number)
        for chosen in ("", "?entries=all", "?only=decisions"):
            statements.seen.clear()
            desk.open(f"/children/{measured.id}{chosen}")
            counts.append(len(statements.seen))
    assert max(counts) <= 8
    assert counts[:3] == counts[3:]


def test_the_newest_twenty_are_shown_and_all_on_demand(desk, register, write):
    child = register("P1")
    write(child, NEWEST)
    assert "entries=all" not in desk.open(f"/children/{child.id}")
    write(child, 10)
    page = desk.open(f"/children/{child.id}")
    assert page.count("<li><time>") == NEWEST
    assert "医生 30" in page
    assert desk.open(f"/children/{child.id}?entries=all").count("<li><time>") == NEWEST + 10


def test_two_hundred_lines_of_three_hands_are_sixty_kilobytes_and_one_chart(desk, installation, district, measured):
    write_entries(installation, district, a_guardian(installation, district, measured), measured)
    page = desk.open(f"/children/{measured.id}?entries=all")
    lines = page.partition('<ol class="tl">')[2].partition("</ol>")[0]
    assert lines.count("<li>") == ENTRIES + 3  # the three measurements
    assert len(lines.encode()) <= 300 * (ENTRIES + 3)
    assert "<symbol" not in page  # drawings come from one file that the browser keeps
    assert page.count('<svg class="chart"') == len(SIZES)


def test_only_decisions_leaves_the_rest_of_the_timeline_out(desk, measured, write):
    write(measured, 3)
    page = desk.open(f"/children/{measured.id}?only=decisions")
    assert "<li><time>" not in page
    assert "体重随月龄变化图，共 3 次测量" in page


def test_opening_a_record_is_audited(desk, measured, work_as, district):
    with work_as(district.doctor, writing=False) as work:
        before = len(work.session.scalars(select(AuditEvent.id)).all())
    desk.open(f"/children/{measured.id}")
    with work_as(district.doctor, writing=False) as work:
        rows = work.session.scalars(select(AuditEvent).order_by(AuditEvent.at)).all()[before:]
    assert {(row.child_id, row.action, row.user_id) for row in rows} == {(measured.id, "R", district.doctor.user_id)}


def test_an_entry_opens_with_all_its_versions(desk, register, write, work_as, district, statements):
    child = register("P1")
    write(child, 1)
    entry = newest_entry(work_as, district.doctor, child)
    path = f"/children/{child.id}/entries/{entry.id}"
    assert desk.send(path, text="多喝水", reason="写错了").status_code == 303
    statements.seen.clear()
    page = desk.open(path)
    assert len(statements.seen) <= 8
    assert "多喝水" in page
    assert "写错了" in page
    assert "第 1 版" in page
    assert "样本员工" in page
    older = desk.open(f"{path}?version=1")
    assert "第 0 条指导" in older
    assert "<textarea" not in older


def test_a_correction_without_a_reason_keeps_what_was_typed(desk, register, write, work_as, district):
    child = register("P1")
    write(child, 1)
    entry = newest_entry(work_as, district.doctor, child)
    answer = desk.send(f"/children/{child.id}/entries/{entry.id}", text="多喝水")
    assert answer.status_code == 422
    assert "多喝水</textarea>" in answer.get_data(as_text=True)
    assert newest_entry(work_as, district.doctor, child).version == 1


def test_two_corrections_at_once_show_both_texts_and_lose_nothing(
    desk, register, write, work_as, district, installation
):
    child = register("P1")
    write(child, 1)
    entry = newest_entry(work_as, district.doctor, child)
    path = f"/children/{child.id}/entries/{entry.id}"
    mine = desk.form(desk.open(path), path)
    other_desk = Browser(client_of(installation, district.second_doctor))
    assert other_desk.send(path, text="同事的话", reason="补充").status_code == 303
    answer = desk.send_form(mine, path, text="我的话", reason="更正")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert all(text in page for text in ("同事的话", "我的话", "第 0 条指导"))
    assert desk.send_form(desk.form(page, path), path, text="我的话").status_code == 303
    assert newest_entry(work_as, district.doctor, child).content["text"] == "我的话"
    assert "同事的话" in desk.open(f"{path}?version=2")


def test_a_corrected_measurement_is_judged_anew(desk, measured, work_as, district):
    entry = newest_entry(work_as, district.doctor, measured)
    path = f"/children/{measured.id}/entries/{entry.id}"
    assert desk.send(path, weight_kg="800", reason="少了小数点").status_code == 422
    assert desk.send(path, weight_kg="8.40", reason="看错了秤").status_code == 303
    corrected = newest_entry(work_as, district.doctor, measured)
    readings = {each["code"]: each["value"] for each in corrected.content["readings"]}
    was = {each["code"]: each["value"] for each in entry.content["readings"]}
    assert readings["WEIGHT"] == "8.40"
    assert float(readings["WAZ"]) > float(was["WAZ"])
    assert readings["LENGTH"] == was["LENGTH"]
    assert readings.keys() == was.keys()


def test_a_correction_keeps_the_oedema_that_was_seen(desk, measured, work_as, district):
    with work_as(district.doctor) as work:
        measurement = Measurement(measured_on=TODAY, weight_kg="8.90", lenhei_cm="73.1", position="l", oedema=True)
        record_measurement(work, find_child(work, measured.id), measurement)
    entry = newest_entry(work_as, district.doctor, measured)
    path = f"/children/{measured.id}/entries/{entry.id}"
    assert desk.send(path, weight_kg="9.00", reason="看错了秤").status_code == 303
    corrected = newest_entry(work_as, district.doctor, measured).content
    assert corrected["oedema"] is True
    assert corrected["growth"]["unscored"]["wfa"] == "oedema"


def test_only_the_hand_that_wrote_it_is_offered_a_correction(desk, register, work_as, district):
    child = register("P1", "P2", group_id=district.group_id)
    with work_as(district.teacher) as work:
        found, content = find_child(work, child.id), {"text": "跑得稳"}
        record_entry(work, found, section="behaviour", kind="observation", content=content, happened_on=TODAY)
    entry = newest_entry(work_as, district.doctor, child)
    assert "保存更正" not in desk.open(f"/children/{child.id}/entries/{entry.id}")


def test_a_teacher_sees_the_class_and_nothing_of_the_clinic(installation, district, measured, work_as):
    with work_as(district.doctor) as work:
        open_case(work, measured.id, pathway_id="PW_UNDERNUTRITION", reason="体重增长慢")
    page = Browser(client_of(installation, district.teacher)).open(f"/children/{measured.id}")
    assert measured.name in page
    for hidden in ("8.00", "测量", "早产", "低体重", "生长迟缓", "疑似", "阳性", "/check", "/consents", "复查"):
        assert hidden not in page


def test_an_entry_of_a_closed_section_is_refused(installation, district, measured, work_as):
    entry = newest_entry(work_as, district.doctor, measured)
    teacher = Browser(client_of(installation, district.teacher))
    teacher.open(f"/children/{measured.id}/entries/{entry.id}", status=403)


def test_the_family_is_led_to_its_own_pages(installation, district, measured):
    mother = client_of(installation, a_guardian(installation, district, measured))
    assert mother.get(f"/children/{measured.id}").headers["Location"].endswith("/home")


def test_the_national_standard_and_who_stand_side_by_side_with_the_reason_why_they_differ(desk, measured):
    page = f"/children/{measured.id}"
    assert "和 WHO 并排看" in desk.open(page)
    both = desk.open(f"{page}?beside=who&chart=wfa")
    assert "<h3>WS/T 423—2022</h3>" in both
    assert "<h3>WHO 2006、2007</h3>" in both
    assert "两份标准调查的人群不同" in both
    assert "只看国家标准" in both
    assert "两份标准调查的人群不同" not in desk.open(f"{page}?beside=nonsense")


@pytest.mark.parametrize("indicator", ["wfa", "lhfa", "wflh", "bfa", "hcfa"])
def test_each_of_the_five_charts_has_its_tab_and_one_form_for_each_screen(desk, measured, indicator):
    page = desk.open(f"/children/{measured.id}?chart={indicator}")
    assert page.count('class="chart"') == 2
    assert all(f"chart={each}&amp;" in page for each in ("wfa", "lhfa", "wflh", "bfa", "hcfa"))

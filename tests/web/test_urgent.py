"""Pages about what cannot wait: the banner before anything is stored, the lists, the family, the outcome."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from mengya_health.record.models import Entry
from tests.factories import a_child, a_guardian, client_of
from tests.web.browsing import Browser

SAID = {"urgent_seen": "A3", "urgent_answer": "arranged", "urgent_note": "妈妈在场", "confirm_hb_g_l": "52"}
NOT_FOR_FAMILIES = ("阳性", "疑似", "异常", "贫血", "血红蛋白", "g/L")


@pytest.fixture
def child(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district)


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def stored(work_as, district, child):
    def count() -> int:
        with work_as(district.doctor, writing=False) as work:
            return len(work.session.scalars(select(Entry.id).where(Entry.child_id == child.id)).all())

    return count


def test_without_scripts_the_first_press_says_it_and_keeps_everything(desk, child, stored):
    path = f"/children/{child.id}/measurement"
    asked = desk.send(path, hb_g_l="52", confirm_hb_g_l="52", weight_kg="9.1")
    page = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert 'class="urgent-bar" role="alert"' in page
    assert "血红蛋白 52 g/L" in page
    assert "当日转诊市儿童医院（急诊）" in page
    assert 'value="9.1"' in page
    assert stored() == 0
    assert desk.send_form(desk.form(page, path), path, **SAID).status_code == 303
    assert stored() == 1


def test_the_form_is_looked_at_without_storing_anything(desk, child, stored, installation):
    page = f"/children/{child.id}/check"
    form = desk.form(desk.open(page), next(iter(_actions(desk.open(page)))))
    looked = desk.send_form(form, f"{page}/urgent", hb="52")
    assert (looked.status_code, "血红蛋白 52 g/L" in looked.get_data(as_text=True)) == (200, True)
    fine = desk.send_form(form, f"{page}/urgent", hb="120")
    assert fine.get_data(as_text=True).strip() == ""
    assert stored() == 0
    unsigned = {name: values for name, values in form.items() if name != "csrf_token"}
    assert desk.send_form(unsigned, f"{page}/urgent", hb="52").status_code == 400


def test_a_sheet_says_it_without_scripts_and_keeps_everything(desk, child, stored):
    path = f"/children/{child.id}/screenings/SCR_ANEMIA"
    asked = desk.send(path, hb="52", confirm_hb="52", note="门诊指尖血")
    page = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert 'class="urgent-bar" role="alert"' in page
    assert "血红蛋白 52 g/L" in page
    assert "门诊指尖血" in page
    assert stored() == 0
    form = desk.form(page, path)
    too_long = desk.send_form(form, path, **SAID | {"urgent_note": "长" * 201}, confirm_hb="52")
    assert "怎么说的：最多 200 个字" in too_long.get_data(as_text=True)
    saved = desk.send_form(form, path, **SAID, confirm_hb="52")
    assert (saved.status_code, stored()) == (303, 1)
    entry_id = saved.location.partition("?")[0].rpartition("/")[2]
    assert "已当面告知家长，并安排当日就诊：妈妈在场" in desk.open(saved.location)
    correction = desk.open(f"/children/{child.id}/screened/{entry_id}")
    assert 'value="妈妈在场"' in correction
    assert f'data-urgent="{path}/urgent?corrects={entry_id}"' in correction


def test_a_sheet_is_looked_at_without_storing_anything(desk, child, stored):
    path = f"/children/{child.id}/screenings/SCR_ANEMIA"
    page = desk.open(path)
    assert f'data-urgent="{path}/urgent"' in page
    assert 'data-urgent="' not in desk.open(f"/children/{child.id}/screenings/MCHATR")
    form = desk.form(page, path)
    looked = desk.send_form(form, f"{path}/urgent", hb="52")
    assert (looked.status_code, "血红蛋白 52 g/L" in looked.get_data(as_text=True)) == (200, True)
    assert desk.send_form(form, f"{path}/urgent", hb="120").get_data(as_text=True).strip() == ""
    unsigned = {name: values for name, values in form.items() if name != "csrf_token"}
    assert desk.send_form(unsigned, f"{path}/urgent", hb="52").status_code == 400
    assert stored() == 0


def test_a_corrected_weight_says_it_too(desk, district, work_as):
    with work_as(district.doctor) as work:
        newborn = a_child(work, district, birth_on=work.today - timedelta(days=5), birth_weight_kg="3.300")
    measure = f"/children/{newborn.id}/measurement"
    assert desk.send(measure, weight_kg="3.25", position=None).status_code == 303
    with work_as(district.doctor, writing=False) as work:
        path = f"/children/{newborn.id}/entries/{work.session.scalars(select(Entry.id)).one()}"
    form = desk.form(desk.open(path), path)
    looked = desk.send_form(form, f"{path}/urgent", weight_kg="2.95").get_data(as_text=True)
    asked = desk.send_form(form, path, weight_kg="2.95", reason="抄错了")
    page = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert 'class="urgent-bar" role="alert"' in looked
    assert 'class="urgent-bar" role="alert"' in page
    assert 'value="2.95"' in page
    told = {"urgent_seen": "G_NB_LOSS", "urgent_answer": "arranged"}
    assert desk.send_form(desk.form(page, path), path, **told).status_code == 303
    assert "当日就诊 · 还没有结果" in desk.open("/today")


def test_it_stands_on_every_page_until_it_is_answered(desk, child, installation, district, clock):
    guardian = a_guardian(installation, district, child)
    mother = Browser(client_of(installation, guardian))
    assert desk.send(f"/children/{child.id}/measurement", hb_g_l="52", **SAID).status_code == 303
    reads = _Reads(installation)
    today, record, home = desk.open("/today"), desk.open(f"/children/{child.id}"), mother.open(f"/home/{child.id}")
    assert reads.count <= 8 * 3
    assert today.index("当日就诊 · 还没有结果") < today.index("等我决定")
    assert "当日就诊 · 还没有结果" in record
    assert "请今天就带孩子去医院看医生。" in home
    assert not [word for word in NOT_FOR_FAMILIES if word in home]
    clock.forward(days=1)
    desk, mother = (Browser(client_of(installation, each)) for each in (district.doctor, guardian))
    assert "逾期 1 天 · 次日仍没有结果：提示医生主管，同时报区妇幼" in desk.open("/today")
    path = record.split('href="')[1:]
    href = next(each.partition('"')[0] for each in path if "/outcomes/" in each)
    refused = desk.send(href, arrived="no")
    assert (refused.status_code, "请选没到的原因" in refused.get_data(as_text=True)) == (422, True)
    assert desk.send(href, arrived="yes", where="示例儿童医院").status_code == 303
    after = desk.open(f"/children/{child.id}")
    assert "还没有结果" not in after
    assert "当日就诊的结果：示例儿童医院" in after
    assert "请今天就带孩子" not in mother.open(f"/home/{child.id}")
    assert desk.open(href, status=404)


def test_the_summary_of_what_is_wrong_names_its_fields_and_a_guess_is_one_press(desk, child, stored):
    path = f"/children/{child.id}/measurement"
    refused = desk.send(path, weight_kg="91").get_data(as_text=True)
    assert '<a href="#weight_kg">体重：' in refused
    assert 'name="take_weight_kg" value="9.1"' in refused
    taken = desk.send_form(desk.form(refused, path), path, take_weight_kg="9.1")
    assert (taken.status_code, stored()) == (303, 1)


def test_a_check_leads_to_the_report_and_does_not_ask(desk, child):
    page = desk.open(f"/children/{child.id}/check")
    assert f"/children/{child.id}/report" in page
    assert "harm_suspected" not in page


def _actions(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('action="')[1:] if part.startswith("/children/")]


class _Reads:
    """How many SELECTs were sent since it was made."""

    def __init__(self, installation) -> None:
        self.count = 0
        event.listen(installation.engine, "before_cursor_execute", self._one)

    def _one(self, _connection, _cursor, statement, *_rest) -> None:
        self.count += statement.lstrip().upper().startswith("SELECT")

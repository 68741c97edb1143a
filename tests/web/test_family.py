"""The family's pages: one thing to do, read and sign, the home record, who looked."""

import re

from mengya_health.care import plans
from mengya_health.care.models import Case
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.commands import record_measurement
from mengya_health.screening.measurements import Measurement
from tests.factories import PIN
from tests.web.browsing import without_tokens
from tests.web.conftest import PLAN


def state_of(work_as, district, case_id) -> str:
    with work_as(district.doctor, writing=False) as work:
        return work.session.get(Case, case_id).state


def test_home_shows_one_thing_to_do(browse, mother, case_id):
    page = browse(mother).get("/home")
    assert "看一看，去签名" in page
    assert page.count("btn-xl") == 1
    assert not re.search("阳性|疑似|异常|低体重|SD", without_tokens(page))


def test_nothing_is_preselected(browse, mother, sign_path):
    page = browse(mother).get(sign_path)
    assert page.count('name="choice"') == 3
    assert "checked" not in page


def signs(browser, sign_path) -> None:
    version = re.search(r'name="version" value="(\d+)"', browser.get(sign_path)).group(1)
    to_pin = browser.post(sign_path, choice="agree", version=version).headers["Location"]
    page = browser.get(to_pin)
    assert "电子签名·系统代管密钥" in page
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in ("nonce", "shown_digest")}
    browser.post(sign_path, page=to_pin, choice="agree", version=version, pin=PIN, **fields)


def test_guardian_reads_chooses_and_signs_in_three_taps(browse, mother, sign_path, work_as, district, case_id):
    signs(browse(mother), sign_path)
    assert state_of(work_as, district, case_id) == "active"


def test_the_chart_marks_for_each_reader_what_it_may_read(browse, mother, sign_path, work_as, district, child):
    with work_as(district.doctor) as work:
        measurement = Measurement(measured_on=work.today, weight_kg="8.6", lenhei_cm="73.0", position="l")
        record_measurement(work, find_child(work, child.id), measurement)
    family, doctor = browse(mother), browse(district.doctor)
    assert "开始在家做" not in family.get("/home")
    signs(family, sign_path)
    home, record = family.get("/home"), doctor.get(f"/children/{child.id}")
    assert re.search(r"<li>2026-11-23 开始在家做</li>", home)
    assert not re.search("立案|转诊|开始干预", home)
    assert re.search(r"<li>2026-11-23 立案</li><li>2026-11-23 开始干预</li>", record)
    form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', home).group(1), "next": "/home"}
    family.client.post("/display", data={**form, "lang": "en"})
    drawn = re.search('<svg class="chart".*?</svg>', family.get("/home"), re.DOTALL).group()
    assert "Began at home" in drawn
    assert not re.search("[\u4e00-\u9fff]", drawn)


def test_a_signature_is_taken_back_within_a_day(browse, mother, sign_path, work_as, district, case_id, child):
    browser = browse(mother)
    signs(browser, sign_path)
    page = f"/home/{child.id}/signed"
    assert f'href="{page}"' in browser.get("/home")
    path = re.search(rf'action="({page}/[^"]+)"', browser.get(page)).group(1)
    browser.post(path, page=page, reason="想再和爷爷商量")
    assert state_of(work_as, district, case_id) == "planning"
    with work_as(district.doctor, writing=False) as work:
        told = entries_of_kind(work, find_child(work, child.id), "concern")
    assert [entry.content["text"] for entry in told] == ["想再和爷爷商量"]
    left = browser.get(page)
    assert "已撤回 · 2026-11-23" in left
    assert "撤回这份签名" not in left
    assert "看一看，去签名" in browser.get("/home")


def test_after_a_day_no_signature_is_taken_back(browse, mother, sign_path, work_as, district, case_id, child, clock):
    signs(browse(mother), sign_path)
    page = f"/home/{child.id}/signed"
    path = re.search(rf'action="({page}/[^"]+)"', browse(mother).get(page)).group(1)
    clock.forward(hours=25)
    late = browse(mother)
    assert "电子签名·系统代管密钥" in late.get(page)
    assert "撤回这份签名" not in late.get(page)
    late.post(path, page=f"/home/{child.id}/concern", reason="", status=404)
    assert state_of(work_as, district, case_id) == "active"


def test_wrong_pin_keeps_the_page_and_signs_nothing(browse, mother, sign_path, work_as, district, case_id):
    browser = browse(mother)
    page = browser.get(f"{sign_path}?choice=agree")
    names = ("nonce", "shown_digest", "version")
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in names}
    refused = browser.post(
        sign_path, page=f"{sign_path}?choice=agree", status=422, choice="agree", pin="000000", **fields
    )
    assert "还可以试 4 次" in refused.get_data(as_text=True)
    assert state_of(work_as, district, case_id) == "planning"


def test_no_choice_is_asked_for(browse, mother, sign_path):
    refused = browse(mother).post(sign_path, status=422, version="1")
    assert "请先选一项" in refused.get_data(as_text=True)


def test_declining_is_one_form_and_needs_no_pin(browse, mother, sign_path, work_as, district, case_id):
    browse(mother).post(sign_path, choice="decline", version="1", reason="想先回老家一段时间")
    assert state_of(work_as, district, case_id) == "positive"


def test_asking_first_puts_the_doctor_in_turn(browse, mother, sign_path, work_as, district, case_id):
    browse(mother).post(sign_path, choice="ask_first", version="1", reason="鸡蛋过敏还能做吗")
    with work_as(district.doctor, writing=False) as work:
        assert work.session.get(Case, case_id).whose_turn == "doctor"


def test_a_plan_changed_meanwhile_is_read_again(browse, mother, sign_path, work_as, district, case_id):
    browser = browse(mother)
    page = browser.get(f"{sign_path}?choice=agree")
    names = ("nonce", "shown_digest", "version")
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in names}
    with work_as(district.doctor) as work:
        plans.change_plan(work, case_id, plan=PLAN | {"summary": "换了一种说法。"})
    hidden = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    answer = browser.client.post(sign_path, data={"csrf_token": hidden, "choice": "agree", "pin": PIN, **fields})
    assert answer.status_code in (404, 409)
    assert state_of(work_as, district, case_id) == "planning"


def test_home_record_is_three_taps_and_stored(browse, mother, child, work_as):
    browser = browse(mother)
    browser.post(f"/home/{child.id}/record", milk="less", meal="usual", sleep="usual")
    with work_as(mother, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "home_record")
    assert entry.content["milk"] == "less"
    assert "奶比平时少" in browser.get(f"/home/{child.id}/record")


def test_an_empty_home_record_is_refused_and_nothing_stored(browse, mother, child, work_as):
    refused = browse(mother).post(f"/home/{child.id}/record", status=422, note=" ")
    assert "至少点一项" in refused.get_data(as_text=True)
    with work_as(mother, writing=False) as work:
        assert entries_of_kind(work, find_child(work, child.id), "home_record") == []


def test_same_form_twice_stores_once(browse, mother, child, work_as):
    browser = browse(mother)
    path = f"/home/{child.id}/record"
    page = browser.get(path)
    data = {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("csrf_token", "idem_key")}
    answers = [browser.client.post(path, data=data | {"milk": "more"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303] * 3
    other = browser.client.post(path, data=data | {"milk": "less"})
    assert other.status_code == 422
    with work_as(mother, writing=False) as work:
        assert len(entries_of_kind(work, find_child(work, child.id), "home_record")) == 1


def test_guardian_sees_who_looked(browse, mother, child, work_as, district):
    with work_as(district.doctor, writing=False) as work:
        entries_of_kind(work, find_child(work, child.id), "home_record")
    browse(mother).get(f"/home/{child.id}/record")
    assert "示例社区卫生服务中心 医生" in browse(mother).get(f"/home/{child.id}/views")


def test_consent_can_be_withdrawn_in_two_clicks(browse, mother, child, work_as, district):
    path = f"/home/{child.id}/consents/P2"
    page = browse(mother).get(path)
    digest = re.search(r'name="shown_digest" value="([^"]+)"', page).group(1)
    assert "checked" not in page
    browse(mother).post(path, choice="withdraw", shown_digest=digest)
    with work_as(district.doctor, writing=False) as work:
        assert not find_child(work, child.id).subject.has_consent("P2")


def test_another_family_finds_nothing(browse, mother, child, installation, district, work_as):
    from tests.factories import a_child, a_guardian

    with work_as(district.doctor) as work:
        other = a_child(work, district, name="样本乙")
    stranger = a_guardian(installation, district, other)
    for path in ("", "/record", "/family", "/signed", "/views", "/consents/P1", "/concern"):
        browse(stranger).get(f"/home/{child.id}{path}", status=404)


def test_home_takes_at_most_eight_statements(browse, mother, case_id, statements):
    browser = browse(mother)
    browser.get("/home")
    statements.seen.clear()
    browser.get("/home")
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)

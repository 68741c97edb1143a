"""Drafts on pages: kept by a form's own address, found on another computer, gone once saved, never in another name."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select, update

from mengya_health.app import create_app
from mengya_health.care import commands, daily_checks
from mengya_health.entry import cookie_name
from mengya_health.operations.installation import begin_work
from mengya_health.people.draft_models import Draft
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.record.commands import record_entry
from mengya_health.record.drafts import MOST_BYTES
from mengya_health.record.models import Entry
from mengya_health.record.queries import entries_of_kind
from tests.district import Statements
from tests.factories import a_child, client_of
from tests.web.browsing import Browser, Forms

TYPED = "每天户外两小时"
NOTICE = "没写完的草稿已经填好"


@pytest.fixture
def at_a_desk(installation, district):
    """Somebody at a computer of their own; the doctor unless said."""
    return lambda actor=None: Browser(client_of(installation, actor or district.doctor))


def keep(browser: Browser, path: str, action: str | None = None, **typed):
    """Send what the page's script sends while somebody is typing."""
    action = action or path
    form = browser.form(browser.open(path), action)
    return keep_again(browser, form, action, **typed)


def keep_again(browser: Browser, form: dict, action: str, seen: int = 0, **typed):
    return browser.send_form(form, action, draft_step="keep", draft_seen=str(seen), draft_field="text", **typed)


def drafts_kept(installation) -> int:
    with begin_work(installation, None, writing=False) as work:
        return work.session.scalar(select(func.count()).select_from(Draft))


def test_what_was_typed_is_found_on_another_computer_and_nothing_is_in_the_record(
    installation, district, child, at_a_desk, work_as
):
    path = f"/children/{child.id}/advice"
    answer = keep(at_a_desk(), path, text=TYPED)
    assert answer.get_json() == {"version": 1, "said": "草稿已存 09:00:00，换电脑也在"}
    page = at_a_desk().open(path)
    assert NOTICE in page
    assert TYPED in page
    assert 'data-version="1" data-field="text"' in page
    assert TYPED not in at_a_desk(district.second_doctor).open(path)
    with work_as(district.doctor, writing=False) as work:
        assert entries_of_kind(work, find_child(work, child.id), "advice") == []


def test_saving_takes_the_draft_away_in_the_same_breath(installation, child, at_a_desk):
    path = f"/children/{child.id}/advice"
    desk = at_a_desk()
    form = desk.form(desk.open(path), path)
    keep_again(desk, form, path, text=TYPED)
    refused = desk.send_form(form, path, text="")
    assert (refused.status_code, drafts_kept(installation)) == (422, 1)
    assert desk.send_form(form, path, text=TYPED).status_code == 303
    assert drafts_kept(installation) == 0
    late = keep_again(desk, form, path, text=TYPED)  # on its way while the form was saved
    assert (late.status_code, drafts_kept(installation)) == (422, 0)
    assert NOTICE not in desk.open(path)  # back, after it was saved


def test_a_draft_can_be_thrown_away(installation, child, at_a_desk):
    path = f"/children/{child.id}/advice"
    desk = at_a_desk()
    keep(desk, path, text=TYPED)
    page = desk.open(path)
    assert "丢掉草稿" in page
    dropped = desk.send_form(desk.form(page, path), path, draft_step="drop", text=None)
    assert (dropped.status_code, dropped.location) == (303, path)
    assert drafts_kept(installation) == 0
    assert TYPED not in desk.open(path)


def test_the_check_of_one_visit_is_not_filled_in_with_another(installation, child, at_a_desk):
    path = f"/children/{child.id}/check"
    desk = at_a_desk()
    (action,) = [each for each in Forms(desk.open(path)).by_action if each.startswith(path)]
    told = keep(desk, path, action, weight="9.1", ws_reg="0", exam="by_item", done_on="2026-11-20")
    assert told.status_code == 200
    page = at_a_desk().open(action)
    form = desk.form(page, action)
    typed = {name: form[name][0] for name in ("weight", "ws_reg", "exam", "done_on")}
    assert typed == {"weight": "9.1", "ws_reg": "0", "exam": "by_item", "done_on": "2026-11-20"}
    other = next(visit for visit in ("V_18M", "V_24M") if visit not in action)
    assert NOTICE not in desk.open(f"{path}?visit={other}")


def test_two_computers_of_one_person_do_not_overwrite_each_other_unseen(installation, child, at_a_desk):
    path = f"/children/{child.id}/advice"
    at_home, at_work = at_a_desk(), at_a_desk()
    older = at_home.form(at_home.open(path), path)
    assert keep(at_work, path, text="新写的").status_code == 200
    assert keep_again(at_home, older, path, text="旧的那一页").status_code == 409
    assert "新写的" in at_a_desk().open(path)


def test_a_stale_plan_keeps_what_was_typed_and_goes_on_from_where_the_case_stands(
    installation, district, child, at_a_desk, work_as
):
    """Nothing stands beside it to compare with, so the page says that somebody was there."""
    with work_as(district.doctor) as work:
        case = commands.open_case(work, child.id, pathway_id="PW_UNDERNUTRITION", reason="体检").id
    path = f"/cases/{case}/referrals/new"
    desk = at_a_desk()
    form = desk.form(desk.open(path), path)
    with work_as(district.second_doctor) as work:
        content = {"readings": [{"code": "WAZ", "value": "-2.65"}]}
        record_entry(work, child, section="health", kind="screening", content=content, happened_on=work.today)
        work.session.flush()
        commands.flag(work, case, reason="达到标准")
    receiver = re.search(r'<option value="([0-9a-f-]{36})"', desk.open(path)).group(1)
    letter = {"receiver_id": receiver, "within": "SLA_REFER_SOON", "reason": "请专科看看"}
    assert desk.send_form(form, path, **letter).status_code == 409
    page = desk.open(path)
    assert "请专科看看" in page
    assert "别人改过这里" in page
    assert desk.form(page, path)["row_version"] > form["row_version"]


def test_nobody_drafts_where_they_may_not_write(installation, district, child, at_a_desk, work_as):
    """A draft goes where its form goes: another's child is not found, a section that is not theirs is refused."""
    path = f"/children/{child.id}/advice"
    desk = at_a_desk()
    form = desk.form(desk.open(path), path)
    for somebody, status in ((district.other_doctor, 404), (district.teacher, 403)):
        token = Browser(client_of(installation, somebody))
        fields = {"csrf_token": re.findall(r'csrf_token" value="([^"]+)', token.open("/account"))[0]}
        answer = token.client.post(path, data=fields | {"draft_step": "keep", "text": TYPED})
        assert answer.status_code == status
    with work_as(district.doctor) as work:
        other = a_child(work, district, name="样本乙", id_no=None)
    moved = keep_again(desk, form, f"/children/{other.id}/advice", text=TYPED)  # the id names the other child's form
    assert moved.status_code == 403
    assert drafts_kept(installation) == 0


def test_a_page_that_somebody_else_opened_saves_nothing_in_my_name(installation, district, child, at_a_desk, work_as):
    path = f"/children/{child.id}/advice"
    desk, colleague = at_a_desk(), at_a_desk(district.second_doctor)
    form = desk.form(desk.open(path), path)
    token = colleague.form(colleague.open(path), path)["csrf_token"]
    for more in ({}, {"draft_step": "keep"}):
        answer = colleague.send_form(form | {"csrf_token": token}, path, text=TYPED, **more)
        assert answer.status_code == 403
        page = answer.get_data(as_text=True)
        assert "这一页是用另一个账号打开的，没有保存" in page
        assert TYPED in page  # to be sent again once the first is back
    assert drafts_kept(installation) == 0
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Entry)) == 0


def test_who_lost_the_child_lost_the_draft(installation, district, child, at_a_desk):
    path = f"/children/{child.id}/advice"
    desk = at_a_desk()
    form = desk.form(desk.open(path), path)
    assert keep_again(desk, form, path, text=TYPED).status_code == 200
    with begin_work(installation, None) as work:
        ended = update(Relationship.__table__).where(Relationship.__table__.c.kind == "care")
        work.session.execute(ended.values(to_on=work.today))  # its seal breaks, too: either shuts the door
    assert TYPED not in desk.open(path, status=404)
    assert keep_again(desk, form, path, seen=1, text="再写一句").status_code == 404


def test_secrets_and_files_never_enter_a_draft(installation, child, mother, district, at_a_desk, work_as):
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        said = {"text": "多晒太阳"}
        entry = record_entry(work, found, section="health", kind="advice", content=said, happened_on=work.today).id
    path = f"/home/{child.id}/entries/{entry}"
    phone = at_a_desk(mother)
    assert keep(phone, path, text="我不同意", pin="739146", passkey="x").status_code == 200
    with begin_work(installation, mother, writing=False) as work:
        (draft,) = work.session.scalars(select(Draft)).all()
        values = work.keys.open_body("draft", draft.id, child.id, "family", draft.body)["values"]
    assert values == {"text": ["我不同意"], "version": ["1"]}
    page = phone.open(path)
    assert "我不同意" in page
    assert "739146" not in page


def test_a_teacher_goes_on_with_each_thing_seen_by_itself(district, child, at_a_desk):
    path = f"/class/{district.group_id}/children/{child.id}"
    tablet = at_a_desk(district.teacher)
    assert keep(tablet, f"{path}?domain=move", path, note="跑得稳").status_code == 200
    other = tablet.open(f"{path}?domain=talk")
    assert (NOTICE in other, "跑得稳" in other) == (False, False)
    page = tablet.open(f"{path}?domain=move")
    assert "跑得稳" in page
    assert (
        tablet.send_form(tablet.form(page, f"{path}?domain=move"), f"{path}?domain=move", draft_step="drop").status_code
        == 303
    )
    assert "跑得稳" not in tablet.open(f"{path}?domain=move")
    assert keep(tablet, f"{path}?domain=move", path, note="跑得稳").status_code == 200
    page = tablet.open(f"{path}?domain=move")
    saved = tablet.send_form(tablet.form(page, path), path)
    assert saved.status_code == 303
    assert NOTICE not in tablet.open(f"{path}?domain=move")


def test_a_phone_that_only_reads_is_offered_no_draft(installation, child, mother, at_a_desk):
    path = f"/home/{child.id}/record"
    assert "data-draft" in at_a_desk(mother).open(path)
    phone = create_app(installation).test_client()
    with begin_work(installation, None) as work:
        phone.set_cookie(cookie_name(installation), open_session(work, mother.user_id, "device"))
    page = Browser(phone).open(path)
    assert "data-draft" not in page
    assert "/static/drafts.js" not in page


def test_a_form_too_long_for_a_draft_is_refused_and_can_still_be_typed_on(installation, child, at_a_desk):
    path = f"/children/{child.id}/advice"
    assert keep(at_a_desk(), path, text="字" * (MOST_BYTES // 3)).status_code == 422
    assert drafts_kept(installation) == 0


def test_whoever_is_away_too_long_comes_back_to_the_same_page_with_its_draft(child, at_a_desk, clock):
    path = f"/children/{child.id}/check?visit=V_12M"
    desk = at_a_desk()
    keep(desk, path, weight="9.1")
    clock.forward(minutes=16)
    away = desk.client.get(path)
    assert away.status_code == 302
    assert unescape(away.location).endswith("next=/children/" + f"{child.id}/check?visit%3DV_12M")


def test_a_form_sent_after_the_session_ended_keeps_its_words_and_its_optional_pin_box(
    installation, child, mother, district, at_a_desk, work_as, clock
):
    phone = at_a_desk(mother)
    path = f"/home/{child.id}/concern"
    form = phone.form(phone.open(path), path)
    clock.forward(minutes=31)
    answer = phone.send_form(form, path, text="不爱看人", pin="")
    assert answer.status_code == 401
    assert "不爱看人" in answer.get_data(as_text=True)


@pytest.mark.parametrize("page", ["check", "measurement", "advice", "screenings/SCR_ANEMIA", "vaccines"])
def test_a_page_with_a_draft_still_asks_the_databases_at_most_eight_times(installation, child, at_a_desk, page):
    path = f"/children/{child.id}/{page}"
    desk = at_a_desk()
    html = desk.open(path)
    (action,) = [each for each in Forms(html).by_action if each.startswith(path)]
    assert keep_again(desk, desk.form(html, action), action).status_code == 200
    statements = Statements(installation.engine, installation.keystore._engine)
    assert NOTICE in desk.open(action)
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)


def test_what_leaves_no_trace_or_is_nobodys_record_keeps_no_drafts(installation):
    """A mandatory report, a letter behind a link, passwords and signatures of their own."""
    app = create_app(installation)
    kept = {name for name, view in app.view_functions.items() if getattr(view, "draft", None)}
    assert kept >= {"checks.save", "screenings.correct", "cases.save_plan", "classes.observe", "family.log_home"}
    apart = ("reports.", "letter.", "passkeys.", "account.", "entering.", "sign_in.", "family.sign", "emergency.")
    assert not {name for name in kept if name.startswith(apart)}


def test_a_draft_of_a_daily_check_is_of_its_day_and_shown_beside_what_a_colleague_wrote(
    at_a_desk, district, child, work_as, clock
):
    teacher, path = at_a_desk(district.teacher), f"/class/{district.group_id}/daily/morning/{child.id}"
    assert keep(teacher, path, asked="有点咳").status_code == 200
    with work_as(district.teacher) as work:
        found = find_child(work, child.id)
        daily_checks.check_child(work, found, "morning", {"presence": "here", "card": "红"}, shown="")
    page = teacher.open(path)
    assert NOTICE in page
    assert "有点咳" in page
    assert "现在记着的：红牌" in page
    clock.forward(days=1)
    assert NOTICE not in at_a_desk(district.teacher).open(path)

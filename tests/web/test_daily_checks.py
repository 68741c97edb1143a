"""晨午检 on the tablet: nothing preset, exceptions first, one press for the rest; then what is followed to its end."""

import re
from datetime import date, timedelta

import pytest

from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from tests.factories import a_child, a_guardian, a_member

NOT_OURS = re.compile("阳性|疑似|异常")


@pytest.fixture
def friend(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district, name="样本乙")


@pytest.fixture
def health_staff(work_as, district):
    with work_as(district.sysadmin) as work:
        return a_member(work, "health_staff", district.kindergarten_id)


def path_of(district, part: str = "morning") -> str:
    return f"/class/{district.group_id}/daily/{part}"


def checks_of(work_as, actor, child) -> dict:
    with work_as(actor, writing=False) as work:
        entries = entries_of_kind(work, find_child(work, child.id), "daily_check")
    assert len(entries) <= 1
    return {
        part: {name: value for name, value in check.items() if name not in ("by", "at")}
        for entry in entries
        for part, check in entry.content["days"].get("d23", {}).items()
    }


def test_nothing_is_preset_and_one_press_writes_the_rest(browse, district, child, friend, work_as):
    browser = browse(district.teacher)
    page = browser.get(path_of(district))
    assert "checked" not in page
    assert not NOT_OURS.search(page)
    browser.post(path_of(district), **{f"p_{friend.id.hex}": "leave"})
    assert checks_of(work_as, district.teacher, child) == {}
    answer = browser.post(path_of(district), rest="yes")
    assert "全班都记好了" in browser.get(answer.location)
    assert checks_of(work_as, district.teacher, child) == {"morning": {"presence": "here", "card": "绿"}}
    assert checks_of(work_as, district.teacher, friend) == {"morning": {"presence": "leave"}}
    noon = browser.get(path_of(district, "noon"))
    assert f'name="p_{friend.id.hex}"' not in noon  # who did not come is not looked at
    browser.post(path_of(district, "noon"), rest="yes")
    assert set(checks_of(work_as, district.teacher, child)) == {"morning", "noon"}
    assert set(checks_of(work_as, district.teacher, friend)) == {"morning"}


def test_an_exception_is_written_by_the_steps_of_the_file(browse, district, child, friend, work_as):
    browser = browse(district.teacher)
    answer = browser.post(path_of(district), open=child.id.hex, **{f"p_{friend.id.hex}": "well"})
    page = browser.get(answer.location)
    assert "面色不好" in page
    assert not NOT_OURS.search(page)
    fields = {
        "presence": "here",
        "temperature": "37。3",
        "seen": ["皮疹/疱疹"],
        "symptoms": ["咳嗽"],
        "asked": "没睡好",
    }
    refused = browser.post(answer.location, status=422, card="绿", **fields).get_data(as_text=True)
    assert "37.3℃" in refused
    assert "没睡好" in refused
    browser.post(answer.location, status=422, **fields)  # no card
    browser.post(answer.location, status=422, card="黄", **fields | {"temperature": "377"})
    browser.post(answer.location, card="黄", handling="留观", **fields)
    assert checks_of(work_as, district.teacher, child)["morning"] == {
        "presence": "here", "card": "黄", "temperature": "37.3", "seen": ["皮疹/疱疹"], "symptoms": ["咳嗽"],
        "asked": "没睡好", "handling": "留观",
    }  # fmt: skip
    page = browser.get(path_of(district))
    assert "黄牌、37.3℃、皮疹/疱疹、咳嗽、没睡好、留观" in page
    # The shared board says that there is something, not what.
    board = browser.get(f"/class/{district.group_id}")
    assert "要跟进 1 件" in board
    assert not re.search(r"皮疹|37\.3|黄牌", board)
    sheet = browser.get(f"/class/{district.group_id}/daily-sheet")
    row = re.search(rf"<td>{child.name}</td>(.*?)</tr>", sheet)[1]
    assert re.findall("<td>(.*?)</td>", row)[1:7] == ["37.3", "", "皮疹/疱疹", "咳嗽、没睡好", "", "黄"]
    assert "样本员工" in row


def test_two_teachers_at_once_lose_nothing(browse, district, child, friend, work_as, health_staff, clock):
    teacher, colleague = browse(district.teacher), browse(health_staff)
    token = {**_hidden(teacher.get(path_of(district))), f"w_{child.id.hex}": "", f"w_{friend.id.hex}": ""}
    colleague.post(path_of(district), **{f"p_{child.id.hex}": "ill"})
    answer = teacher.client.post(path_of(district), data={**token, f"p_{child.id.hex}": "leave", "rest": "yes"})
    assert "同事刚记过" in teacher.get(answer.location)
    assert checks_of(work_as, district.teacher, child)["morning"] == {"presence": "ill"}
    assert checks_of(work_as, district.teacher, friend)["morning"]["card"] == "绿"
    own = f"{path_of(district)}/{friend.id}"
    before = teacher.get(own)
    clock.forward(seconds=5)
    stood = re.search(r'name="shown" value="([^"]*)"', before)[1]
    colleague.post(own, presence="here", card="红", temperature="38.5", shown=stood)
    typed = {**_hidden(before), "shown": stood}
    typed |= {"presence": "here", "card": "黄", "asked": "有点咳"}
    refused = teacher.client.post(own, data=typed)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "红牌、38.5℃" in page
    assert "有点咳" in page
    typed["shown"] = re.search(r'name="shown" value="([^"]*)"', page)[1]
    assert teacher.client.post(own, data=typed | _hidden(page)).status_code == 303
    with work_as(district.teacher, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, friend.id), "daily_check")
    assert entry.version == 3  # green, the colleague's red, this yellow: all of them are kept


def _hidden(page: str) -> dict:
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("csrf_token", "idem_key")}


def test_from_the_finding_to_the_return(browse, district, child, work_as, health_staff, installation, clock):
    mother = a_guardian(installation, district, child)
    staff, own = browse(health_staff), f"{path_of(district)}/{child.id}"
    staff.post(own, presence="here", card="红", seen=["皮疹/疱疹"])
    board = staff.get("/class/follow-ups")
    matter = re.search(r'href="(/class/follow-ups/[0-9a-f-]+)"', board)[1]
    refused = staff.post(f"{matter}/close", page=matter, status=409).get_data(as_text=True)
    assert "告诉了监护人、处置" in refused
    staff.post(matter, status=422, step="notified")
    staff.post(matter, step="notified", way="电话", text="妈妈，8:40")
    staff.post(matter, step="handled", way="离园")
    staff.post(matter, status=422, step="reported")
    staff.post(matter, step="reported", text="园长、区疾控")
    page = staff.get(matter)
    assert "告诉了监护人，电话，妈妈，8:40" in page
    assert "样本员工" in page
    assert not NOT_OURS.search(page)
    onset = date(2026, 11, 22)
    known = {"disease": "HFMD", "onset_on": onset.isoformat()}
    staff.post(f"{matter}/exclusion", page=matter, row_version="0", **known)
    home = browse(mother).get("/home")
    assert "2026-12-06 起可以回来" in home
    assert "体温正常、疱疹干燥结痂、医院的返园证明" in home
    assert "手足口" not in home
    assert "手足口" not in browse(mother).get(f"/home/{child.id}/record")
    stale = staff.post(f"{matter}/exclusion", page=matter, status=409, row_version="0", **known)
    assert "同事也改了" in stale.get_data(as_text=True)
    refused = staff.post(f"{matter}/return", page=matter, status=409).get_data(as_text=True)
    assert "还不能回来" in refused
    met = {"conditions": ["体温正常", "疱疹干燥结痂"], "certificate": "seen"}
    staff.post(f"{matter}/exclusion", page=matter, row_version="1", **known, **met)
    clock.now += timedelta(days=12)  # 5 December: a day too early
    staff = browse(health_staff)
    staff.post(f"{matter}/return", page=matter, status=409)
    staff.post(f"{matter}/close", page=matter, status=409)
    clock.now += timedelta(days=1)
    staff = browse(health_staff)
    staff.post(f"{matter}/return", page=matter)
    staff.post(f"{matter}/close", page=matter)
    assert "现在没有要跟进的孩子" in staff.get("/class/follow-ups")
    assert "起可以回来" not in browse(mother).get("/home")
    with work_as(health_staff, writing=False) as work:
        steps = entries_of_kind(work, find_child(work, child.id), "daily_step")
    assert [each.content["step"] for each in steps] == ["notified", "handled", "reported", "returned", "closed"]


def test_a_cluster_is_told_of_in_figures(browse, district, child, friend):
    browser = browse(district.teacher)
    browser.post(f"{path_of(district)}/{child.id}", presence="here", card="黄", symptoms=["呕吐"])
    assert "天内" not in browser.get("/class/follow-ups")
    browser.post(f"{path_of(district)}/{friend.id}", presence="ill", symptoms=["呕吐"])
    page = browser.get("/class/follow-ups")
    (line,) = re.findall(r"[^>]*天内[^<]*", page)
    assert "小一班：7 天内 2 人“呕吐”" in line
    assert "园长、区疾控" in line
    assert child.name not in line
    assert "呕吐" not in browser.get(f"/class/{district.group_id}")


def test_others_read_and_write_nothing(browse, district, child, mother, work_as):
    browse(district.teacher).post(f"{path_of(district)}/{child.id}", presence="here", card="红")
    for actor in (district.other_teacher, district.carer, district.doctor, mother, district.specialist):
        browser = browse(actor)
        for path in (path_of(district), f"/class/{district.group_id}/daily-sheet"):
            browser.get(path, status=404)
        assert browser.client.get(f"{path_of(district)}/{child.id}").status_code in (403, 404)
    told = browse(mother).get(f"/home/{child.id}/record")
    assert "23 日晨检：红牌" in told


def test_a_class_of_twenty_five_by_one_press(browse, district, child, work_as, statements):
    with work_as(district.doctor) as work:
        for number in range(24):
            a_child(work, district, name=f"样本{number:02}")
    browser = browse(district.teacher)
    page = browser.get(path_of(district))
    statements.seen.clear()
    browser.get(path_of(district))
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)
    assert len(page.encode()) < 120_000
    for part in ("morning", "noon"):
        hidden = _hidden(browser.get(path_of(district, part)))
        statements.seen.clear()
        answer = browser.client.post(path_of(district, part), data=hidden | {"rest": "yes"})
        assert answer.status_code == 303
        # Each child's chain is locked and moved on, and a sheet begun before; the rest is for the whole class at once.
        assert len(statements.seen) <= 25 * (2 if part == "morning" else 3) + 15, len(statements.seen)
    for path in (f"/class/{district.group_id}/daily-sheet", "/class/follow-ups", path_of(district, "noon")):
        statements.seen.clear()
        browser.get(path)
        assert len(statements.seen) <= 8, (path, len(statements.seen))

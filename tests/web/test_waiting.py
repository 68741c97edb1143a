"""The waiting queue at the door: whose key it is, whose words are taken, what its script is told."""

from tests.web.conftest import hidden_fields

KEY = "/class/waiting"


def key_of(browser) -> dict:
    return browser.client.get(KEY).get_json()


def test_everybody_has_a_key_of_their_own_and_only_a_class_has_one(browse, district, work_as):
    teacher, again, colleague = browse(district.teacher), browse(district.teacher), browse(district.other_teacher)
    answer = teacher.client.get(KEY)
    assert answer.headers["Cache-Control"] == "no-store"
    mine = answer.get_json()
    assert {name: key_of(again)[name] for name in ("owner", "key")} == {name: mine[name] for name in ("owner", "key")}
    assert len(mine["key"]) == 44  # 32 bytes
    theirs = key_of(colleague)
    assert mine["owner"] != theirs["owner"]
    assert mine["key"] != theirs["key"]
    with work_as(district.teacher, writing=False) as work:
        mac = work.keys.queue_key(district.teacher.user_id)
        assert mac[:16].hex() != mine["owner"]  # what is stored in the open tells nothing of the key
    browse(district.doctor).get(KEY, status=403)


def test_what_somebody_else_wrote_on_the_tablet_is_not_taken(browse, district, child):
    teacher = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    sent = hidden_fields(teacher.get(path)) | {"domain": "move", "note": "自己穿鞋"}
    foreign = key_of(browse(district.other_teacher))["owner"]
    refused = teacher.client.post(path, data=sent, headers={"Mengya-Queue": foreign})
    assert refused.status_code == 403
    assert "另一个账号" in refused.get_data(as_text=True)
    assert "已记" not in teacher.get("/class").replace("今天已记", "")
    mine = {"Mengya-Queue": key_of(teacher)["owner"]}
    taken = teacher.client.post(path, data=sent, headers=mine)
    assert (taken.status_code, taken.get_json()["to"]) == (200, f"/class/{district.group_id}?saved=stored")
    again = teacher.client.post(path, data=sent, headers=mine)  # its first answer was lost
    assert again.get_json() == taken.get_json()
    assert "已记 1" in teacher.get("/class")

"""今天记的: changed or struck by the hand that wrote it, and what stood there stays readable."""

import re

from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from tests.care.walking import STORIES, Walk
from tests.web.conftest import hidden_fields


def observation(work_as, actor, child):
    with work_as(actor, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "observation")
    return entry


def version_on(page: str) -> dict[str, str]:
    return {"row_version": re.search(r'name="row_version" value="(\d+)"', page)[1]}


def test_what_was_written_today_is_changed_and_struck_with_its_trace(
    browse, district, child, mother, work_as, statements
):
    teacher = browse(district.teacher)
    card = f"/class/{district.group_id}/children/{child.id}"
    teacher.post(card, page=f"{card}?domain=talk", domain="talk", obs_B0406="2", note="叫了妈妈")
    own = re.search(rf'href="({card}/observations/[^"]+)"', teacher.get("/class/written"))[1]
    statements.seen.clear()
    page = teacher.get(own)
    assert len(statements.seen) <= 8, statements.seen
    assert re.search(r'name="obs_B0406" value="2"[^>]* checked', page)
    seen = version_on(page)
    teacher.post(own, status=422, note="", **seen)  # nothing is no observation: that is what striking is for
    teacher.post(own, obs_B0406="1", note="叫了妈妈", **seen)
    assert observation(work_as, district.teacher, child).content["items"] == [{"code": "B0406", "score": 1}]
    stale = teacher.post(own, status=409, obs_B0406="0", note="叫了妈妈", **seen).get_data(as_text=True)
    assert "别人刚改过" in stale
    browse(district.other_teacher).get(own, status=404)
    browse(district.doctor).get(own, status=403)
    now = version_on(teacher.get(own))
    teacher.post(f"{own}/strike", page=own, **now)
    assert "记错了，已删掉" in teacher.get("/class/written")
    teacher.get(own, status=409)
    sent = hidden_fields(teacher.get(card)) | now
    assert teacher.client.post(f"{own}/strike", data=sent).status_code == 409
    assert "已记" not in teacher.get("/class").replace("今天已记 0 条", "")
    entry = observation(work_as, district.teacher, child)
    assert (entry.version, entry.status, entry.content["items"]) == (3, "entered-in-error", [])
    assert "记错了，已删掉" in browse(mother).get(f"/home/{child.id}/record")
    former = browse(mother).get(f"/children/{child.id}/entries/{entry.id}?version=2")
    assert "叫了妈妈" in former


def test_what_was_struck_is_no_evidence_for_the_loop(browse, installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.in_support()
    teacher, card = browse(walk.teacher), f"/class/{district.group_id}/children/{walk.child.id}"

    def seen_in_class() -> list:
        return [
            each for each in walk.facts().entries if each.kind == "observation" and each.happened_on == clock().date()
        ]

    teacher.post(card, domain="move", note="跑得稳")
    (_entry,) = seen_in_class()
    own = re.search(rf'href="({card}/observations/[^"]+)"', teacher.get("/class/written"))[1]
    teacher.post(f"{own}/strike", page=own, **version_on(teacher.get(own)))
    assert seen_in_class() == []

"""The teacher's pages: four taps, no typing, no health topic on the board."""

import re

from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind


def test_board_names_no_topic(browse, district, child):
    page = browse(district.teacher).get("/class")
    assert child.name in page
    assert not re.search("阳性|疑似|异常|体重|贫血", page)


def test_observation_is_stored_without_typing(browse, district, child, work_as):
    browser = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    page = browser.get(path)
    question = re.search(r'name="(obs_\w+)" value="2"', page).group(1)
    assert "checked" not in page
    browser.post(path, domain="move", **{question: "2"})
    with work_as(district.teacher, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "observation")
    assert entry.content["items"] == [{"code": question.removeprefix("obs_"), "score": 2}]
    assert "已记 1" in browser.get("/class")


def test_nothing_tapped_is_asked_for(browse, district, child):
    path = f"/class/{district.group_id}/children/{child.id}"
    refused = browse(district.teacher).post(path, status=422, domain="move", note="")
    assert "点一项" in refused.get_data(as_text=True)


def test_whole_class_by_exception(browse, district, child, work_as):
    browse(district.teacher).post(f"/class/{district.group_id}/meal", **{f"meal_{child.id.hex}": "half"})
    with work_as(district.teacher, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "observation")
    assert entry.content["logs"] == [{"name": "meal", "value": "half"}]


def test_other_class_is_not_found(browse, district, child):
    browser = browse(district.other_teacher)
    browser.get(f"/class/{district.group_id}", status=404)
    browser.get(f"/class/{district.other_group_id}/children/{child.id}", status=404)


def test_board_takes_at_most_eight_statements_however_many_children(browse, district, child, work_as, statements):
    from tests.factories import a_child

    with work_as(district.doctor) as work:
        for name in ("样本乙", "样本丙", "样本丁"):
            a_child(work, district, name=name)
    browser = browse(district.teacher)
    browser.get("/class")
    statements.seen.clear()
    browser.get("/class")
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)

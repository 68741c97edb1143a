"""流程说明: every row of the table in words, the picture from the same rows, no hard word for who is no clinician."""

import re

from mengya_health.app import create_app
from mengya_health.care.loop import loop_of
from mengya_health.care.loop_shown import ways_of
from mengya_health.web.shown.loop_page import loop_page


def test_the_page_shows_every_step_with_who_decides_and_what_is_asked(browse, district, content):
    page = browse(district.doctor).get("/loop")
    for way in ways_of(loop_of(content)):
        row = next(r for r in re.findall(r"<tr>.*?</tr>", page, re.S) if f">{way.event_zh}<" in r and way.by_zh in r)
        assert all(each in row for each in way.only_if_zh), way
    assert "初筛阳性待处理" in page
    assert 'href="/loop"' in browse(district.doctor).get("/basis")


def test_a_teacher_reads_plain_names(browse, district):
    page = browse(district.teacher).get("/loop")
    assert "需要再看一看" in page
    assert not any(word in page for word in ("阳性", "疑似", "异常"))
    assert 'href="/loop"' in page


def test_the_picture_has_every_state_and_no_two_arrows_share_a_lane(installation, content):
    loop = loop_of(content)
    with create_app(installation).test_request_context():  # words are those of a reader
        picture = loop_page(loop, is_clinical=True)["picture"]
    assert [box["name"] for box in picture["boxes"]] == [state.name for state in loop.states.values()]
    moves = {(w.state, w.to) for w in ways_of(loop) if w.state in loop.states and w.state != w.to and w.event != "stop"}
    assert len(picture["paths"]) == len(moves)
    ends = [re.findall(r"\d+", path["head"])[2:4] for path in picture["paths"]]
    assert len({tuple(each) for each in ends}) == len(ends)
    assert all(0 < path["x"] < picture["width"] for path in picture["paths"])

"""遮名 at the counter: lists, heads and the print queue come without children's names once somebody has hidden them."""

from datetime import timedelta

import pytest

from mengya_health.care import commands
from mengya_health.screening.commands import plan_first_visits
from tests.factories import a_child, client_of
from tests.web.browsing import Browser

NAME, CONTACT, MASKED = "欧阳小芽", "欧阳妈妈", "欧*"


@pytest.fixture
def child(work_as, district):
    """A child of twelve months whose check is due, with an open case."""
    with work_as(district.doctor) as work:
        contacts = [{"name": CONTACT, "phone": "13800138001", "relation": "mother"}]
        child = a_child(
            work, district, name=NAME, birth_on=work.today - timedelta(days=368), contacts=contacts, id_no=None
        )
        plan_first_visits(work, child)
        commands.open_case(work, child.id, pathway_id="PW_UNDERNUTRITION", reason="体检")
        return child


def test_no_list_and_no_head_shows_a_name_that_was_hidden(installation, district, child):
    desk = Browser(client_of(installation, district.doctor))
    papers = f"/children/{child.id}/papers"
    assert desk.send(papers, document="record_summary", subject_id=None).status_code == 303
    found = desk.send("/children", "/children/search", q="oyxy").location
    about = ("", "/check", "/edit", "/schedule", "/advice", "/papers")
    lists = ["/today", "/today?tab=all", "/due?which=all", "/cases?tab=open", "/cases", "/papers", "/inbox", found]
    shown = {path: desk.open(path) for path in lists}
    assert {path for path, page in shown.items() if NAME in page} >= {"/today", "/cases?tab=open", "/papers", found}
    answer = desk.send("/today", "/display", names="hidden", next="/today")
    assert (answer.status_code, answer.location) == (303, "/today")
    assert "HttpOnly" not in answer.headers["Set-Cookie"]  # names.js sets it, too
    for path in [*lists, *(f"/children/{child.id}{page}" for page in about if page != "/edit")]:
        page = desk.open(path)
        assert NAME not in page, path
        assert CONTACT not in page, path
        assert (MASKED in page) is (NAME in shown.get(path, NAME)), path
        assert ">芽</span>" not in page, path  # the leaf
    assert NAME in desk.open(f"/children/{child.id}/edit")  # where it is written
    desk.send("/today", "/display", names="shown", next="/today")
    assert NAME in desk.open("/today")


def test_only_who_has_the_switch_reads_by_it(installation, district, child):
    """A cookie that a doctor left in this browser does not take its children's names from a teacher."""
    tablet = Browser(client_of(installation, district.teacher))
    tablet.client.set_cookie("names", "hidden")
    page = tablet.open(f"/class/{district.group_id}")
    assert NAME in page
    assert "遮名" not in page

"""Pages of the staff as the browser's own print gives them: what one reads fits the sheet, what one presses is gone."""

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Person

A4_WITHIN_MARGINS_PX = {"width": 688, "height": 1039}  # 182 mm × 275 mm at 96 dots an inch


@pytest.fixture
def doctor(person) -> Person:
    somebody = person()
    somebody.sign_in("doctor")
    return somebody


@pytest.mark.parametrize("path", ["/today", "/cases", "/children", "/clinic/indicators"])
def test_a_page_fits_the_sheet(doctor, path):
    doctor.open(path)
    doctor.page.set_viewport_size(A4_WITHIN_MARGINS_PX)
    doctor.page.emulate_media(media="print")
    assert doctor.too_wide_px <= 0
    expect(doctor.page.locator("h1")).to_be_visible()
    for pressed in (".topbar", ".btn", ".enter", "kbd"):
        assert doctor.page.locator(pressed).locator("visible=true").count() == 0, pressed


def test_the_report_is_printed_with_how_its_figures_are_taken(doctor):
    doctor.open("/clinic/indicators")
    doctor.page.evaluate(
        "() => { window.print = () => { dispatchEvent(new Event('beforeprint')); window.printed = true; }; }"
    )
    assert doctor.page.locator("#how[open]").count() == 0
    doctor.tap(doctor.page.get_by_role("button", name="打印报告"))
    assert doctor.page.evaluate("window.printed")
    assert doctor.page.locator("#how[open]").count() == 1

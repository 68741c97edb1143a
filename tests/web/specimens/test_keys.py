"""The keys of the doctor's pages, pressed in a real browser under the strict Content-Security-Policy."""

import pytest

from tests.web.specimens import cases, preview

NAMES = ["01-today", "03-check-blank", "03b-check-refused", "06e-sign-unchosen"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    blank = cases.CHECK | {"form": {"values": {}, "errors": {}}}
    preview.PAGES["03-check-blank"] = ("pages/screening/check.html", blank)
    preview.write_pages(folder, NAMES)
    del preview.PAGES["03-check-blank"]
    server = preview.serve(folder)
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def opened(new_page, address):
    def open_page(name, **options):
        page = new_page(**options)
        page.complaints = []
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        page.goto(f"{address}/{name}.html")
        return page

    return open_page


def chosen(page):
    return page.evaluate("Object.fromEntries([...new FormData(document.getElementById('check'))])")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_a_whole_check_is_typed_without_the_mouse(opened):
    page = opened("03-check-blank")
    press(page, "Alt+1")
    for number in ("9。1", "74.6", "４５.2", "118"):
        page.keyboard.insert_text(number)
        press(page, "Tab")
    press(page, "Alt+2", "1", "3", "2", "Alt+a", "Alt+4", "n", "y", "n", "n", "n", "Alt+5", "2")
    form = chosen(page)
    assert (form["weight_kg"], form["head_cm"], form["hb_g_l"]) == ("9.1", "45.2", "118")
    assert (form["milk"], form["meals"], form["sleep_h"]) == ("breast", "3", "6-9")
    assert (form["exam"], form["conclusion"]) == ("all_normal", "screen")
    assert [form[f"ws_WS120{n}"] for n in (1, 2, 3, 4)] == ["0", "1", "0", "0"]
    assert form["ws_reg"] == "0"
    assert page.complaints == []


def test_control_and_enter_saves_and_goes_on(opened):
    page = opened("03-check-blank")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        press(page, "Control+Enter")
    assert "then=next" in sent.value.post_data


def test_nothing_about_the_child_is_answered_before_a_key_is_pressed(opened):
    names = chosen(opened("03-check-blank"))
    assert not [name for name in names if name.startswith("ws_") or name in {"exam", "conclusion"}]


def test_letters_typed_into_a_field_answer_nothing(opened):
    page = opened("03-check-blank")
    page.locator("#advice").focus()
    page.keyboard.type("yn1")
    assert chosen(page)["advice"] == "yn1"
    assert "ws_WS1201" not in chosen(page)


def test_a_refused_page_starts_at_the_summary(opened):
    page = opened("03b-check-refused")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"


def test_arrows_choose_a_row_and_o_opens_its_record(opened):
    page = opened("01-today")
    press(page, "ArrowDown", "ArrowDown", "ArrowUp")
    assert page.locator("tr.sel .kid").inner_text() == "小芽"
    press(page, "/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_question_mark_shows_all_keys(opened):
    page = opened("01-today")
    press(page, "?")
    assert page.locator("#keys").is_visible()


def test_signing_page_works_and_explains_itself_without_scripts(opened):
    page = opened("06e-sign-unchosen", java_script_enabled=False)
    assert page.locator(".stick").inner_text().strip() == "请先选一项"
    page.get_by_label("同意，按这个安排").check()
    assert page.locator(".stick").inner_text().strip() == "确认签名"


def test_drawings_of_the_sprite_are_shown_under_the_policy(opened):
    page = opened("01-today")
    box = page.evaluate("document.querySelector('.track use').getBBox().width")
    assert box > 80
    assert page.complaints == []

"""A family's phone in a real browser: back after signing, links, read aloud, switches, large text, bytes, print."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mengya_health.care import commands, plans
from mengya_health.operations.installation import begin_work
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.record.commands import record_entry
from mengya_health.signing.queries import own_signatures
from tests.factories import PASSWORD, PIN, a_child, a_guardian
from tests.journeys.conftest import Town
from tests.journeys.people import Person
from tests.journeys.test_rough_roads import PATHWAY, PLAN, Family

PHONE = (390, 844)
FIRST_VIEW_BYTES = 60 * 1024
LEAST_TARGET_PX = 60
# The device's voice, which is outside of us: what it was asked to say is written down.
VOICES = """
window.spoken = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => %s,
  speak: (said) => window.spoken.push(said),
  cancel: () => { window.spoken.length = 0; },
  addEventListener: (_name, heard) => { window.voicesChanged = heard; },
} });
"""
CHINESE = '[{ lang: "zh-CN", localService: true }]'
ENGLISH = '[{ lang: "en_US", localService: true }]'
FAR_AWAY = '[{ lang: "zh-CN", localService: false }]'
NONE = 'Object.defineProperty(window, "speechSynthesis", { value: undefined });'
# What one presses, but for links within a line of text.
PRESSED = (
    "a.btn, a.tool, button, summary, label.opt, .seg label, input:not([type=hidden], [type=radio]), select, textarea"
)
TOO_SMALL = f"""least => [...document.querySelectorAll("{PRESSED}")]
  .filter((el) => el.getClientRects().length && el.getBoundingClientRect().height < least - 0.5)
  .map((el) => el.outerHTML.slice(0, 90) + el.getBoundingClientRect().height)"""


def a_family(town: Town) -> Family:
    """A child whose mother is asked to sign a plan."""
    district = town.district
    with begin_work(town.installation, district.doctor) as work:
        child = a_child(work, district, birth_on=work.today - timedelta(days=368))
    mother = a_guardian(town.installation, district, child)
    with begin_work(town.installation, district.doctor) as work:
        case = commands.open_case(work, child.id, pathway_id=PATHWAY, reason="体检")
        content = {"readings": [{"code": "WAZ", "value": "-2.65"}, {"code": "WEIGHT", "value": "7.2"}]}
        record_entry(work, child, section="health", kind="screening", content=content, happened_on=work.today)
        work.session.flush()
        commands.flag(work, case.id, reason="达到标准")
        plans.make_plan(work, case.id, plan=PLAN)
    return Family(child, mother, phone="")


@pytest.fixture(scope="module")
def family(town: Town) -> Family:
    """A family that reads, and signs nothing in the end."""
    return a_family(town)


@pytest.fixture
def asked(town: Town) -> Family:
    """A family whose mother signs."""
    return a_family(town)


@pytest.fixture
def come(person, town: Town) -> Callable[..., Person]:
    """The mother of a family on her first page, signed in just now."""

    def mother_of(family: Family, script: str = "") -> Person:
        somebody = person(*PHONE)
        with begin_work(town.installation, None) as work:
            token = open_session(work, family.mother.user_id, "password")
        somebody.page.context.add_cookies([{"name": "txs", "value": token, "url": town.address}])
        if script:
            somebody.page.add_init_script(script)
        somebody.open("/home")
        return somebody

    return mother_of


def go_to_pin(mother: Person) -> str:
    """Read and choose; return the address of the page that asks for the PIN."""
    mother.press("看一看，去签名")
    mother.choose("choice", "agree")
    mother.press("确认签名")
    return mother.path


def test_after_signing_the_way_back_leads_to_no_second_signature(come, town: Town, asked: Family):
    mother = come(asked)
    to_pin = go_to_pin(mother)
    other = Person(mother.page.context.new_page(), town.address)  # the same form, left open in another tab
    other.open(to_pin)
    mother.write(pin=PIN)
    mother.press("确认签名")
    mother.sees("已签名，医生和老师会看到")
    mother.page.go_back()
    mother.sees("您已经签过了", "24 小时内可以在“签过的”里撤回")
    assert mother.page.locator("[name=pin]").count() == 0
    mother.look("family-signed-already")
    other.write(pin=PIN)
    other.press("确认签名")
    other.is_led_to(".govuk-error-summary")
    other.sees("这一份已经有了答复，没有再记一次", "看签过的，可以撤回")
    with begin_work(town.installation, asked.mother, writing=False) as work:
        assert len(own_signatures(work, find_child(work, asked.child.id))) == 1


def test_pressing_sign_twice_signs_once(come, town: Town, asked: Family):
    mother = come(asked)
    go_to_pin(mother)
    mother.write(pin=PIN)
    # Two navigations, of which the second ends the first: only where they lead is waited for.
    mother.page.get_by_role("button", name="确认签名").dblclick(no_wait_after=True)
    expect(mother.page.locator("main")).to_contain_text("已签名，医生和老师会看到", timeout=15_000)
    with begin_work(town.installation, asked.mother, writing=False) as work:
        assert len(own_signatures(work, find_child(work, asked.child.id))) == 1


def test_a_registered_phone_opens_a_link_and_a_strangers_shows_nobody(come, person, family: Family):
    mother = come(family)
    link = f"/home/{family.child.id}/record"
    mother.open("/account")
    mother.press("登记这部手机")
    mother.page.context.clear_cookies(name="txs")
    mother.open(link)
    expect(mother.page).to_have_url(mother.address + link)
    mother.sees(family.child.name, "现在只能看")
    mother.press("输密码，就能记录和签名")
    mother.write(password=PASSWORD)
    mother.press("确认")
    expect(mother.page).to_have_url(mother.address + link)
    mother.sees("记一笔")
    stranger = person(*PHONE)
    stranger.open(link)
    stranger.sees("请用已登记的手机打开")
    stranger.look("family-link-stranger")
    shown = stranger.page.content()
    assert family.child.name not in shown
    assert stranger.page.title() == "登录 · 童馨档案"


def test_a_page_is_read_aloud_where_the_device_has_a_voice_for_its_language(come, family: Family):
    mother = come(family, VOICES % CHINESE)
    button = mother.page.get_by_role("button", name="读给我听")
    for path in ("/home", f"/home/{family.child.id}/guide", f"/home/{family.child.id}/record"):
        mother.open(path)
        expect(button).to_be_visible()
        assert mother.page.evaluate("spoken.length") == 0  # never by itself
    mother.open("/home")
    mother.press("看一看，去签名")
    mother.look("family-sign-voice")
    mother.tap(button)
    said = mother.page.evaluate("spoken.map((each) => each.text)")
    places = [
        next(at for at, text in enumerate(said) if wanted in text)
        for wanted in (
            "请看一看，再签名",
            "发生了什么",
            PLAN["summary"],
            "同意，按这个安排",
            "想先问问医生",
            "签名后 24 小时内可以",
        )
    ]
    assert places == sorted(places)
    assert not [text for text in said if "大字" in text or "确认签名" in text]
    assert {each["lang"] for each in mother.page.evaluate("spoken.map((each) => ({lang: each.lang}))")} == {"zh-CN"}
    mother.tap(mother.page.get_by_role("button", name="停下"))
    assert mother.page.evaluate("spoken.length") == 0
    expect(button).to_be_visible()
    mother.tap(button)
    mother.page.evaluate("spoken[spoken.length - 1].onend()")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert mother.complaints == []


@pytest.mark.parametrize("script", [NONE, VOICES % "[]", VOICES % ENGLISH, VOICES % FAR_AWAY])
def test_nothing_is_offered_where_no_voice_of_the_device_speaks_the_language(come, family: Family, script: str):
    mother = come(family, script)
    expect(mother.page.locator("[data-read]")).to_be_hidden()
    if script == VOICES % ENGLISH:
        mother.press("EN")
        expect(mother.page.get_by_role("button", name="Read aloud")).to_be_visible()
        mother.press("中文")
    assert mother.complaints == []


def test_a_switch_keeps_the_page_and_what_was_filled_in(come, asked: Family):
    mother = come(asked)
    mother.press("看一看，去签名")
    mother.choose("choice", "decline")
    mother.write(reason="想先回老家一段时间")
    here = mother.path
    for button, lang in (("EN", "en"), ("中文", "zh-CN"), ("大字", "zh-CN")):
        mother.tap(mother.page.get_by_role("button", name=button))
        expect(mother.page.locator("html")).to_have_attribute("lang", lang)
        expect(mother.page.locator("[name=reason]")).to_have_value("想先回老家一段时间")
        expect(mother.page.locator("[value=decline]")).to_be_checked()
        assert mother.path == here
    expect(mother.page.locator("html")).to_have_class("m-phone text-large")
    assert mother.page.evaluate("localStorage.length + sessionStorage.length") == 0
    mother.tap(mother.page.get_by_role("button", name="标准字"))
    expect(mother.page.locator("html")).to_have_class("m-phone")
    mother.press("确认签名")
    mother.sees("已告诉医生：暂时不同意")


def test_large_text_has_large_targets_and_enlarged_text_still_fits(come, family: Family):
    mother = come(family)
    pages = ["/home", *(f"/home/{family.child.id}/{each}" for each in ("record", "family", "look", "guide", "concern"))]
    sign = mother.page.locator("a", has_text="看一看，去签名").get_attribute("href")
    mother.press("大字")
    for path in (*pages, sign, f"{sign}?choice=agree"):
        mother.open(path)
        assert mother.page.evaluate(TOO_SMALL, LEAST_TARGET_PX) == [], path
        assert mother.too_wide_px <= 0, path
    mother.open("/home")
    expect(mother.page.locator("nav.ph-nav")).to_be_hidden()  # folded
    mother.page.locator("summary", has_text="更多").click()
    expect(mother.page.locator("nav.ph-nav")).to_be_visible()
    mother.press("标准字")
    for width, size in ((390, "200%"), (320, "150%")):  # as WeChat enlarges it for its owner
        mother.page.set_viewport_size({"width": width, "height": 844})
        for path in (*pages, sign):
            mother.open(path)
            mother.page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert mother.too_wide_px <= 0, (path, width)


def test_a_first_view_comes_in_sixty_kilobytes(come, family: Family):
    mother = come(family)
    mother.page.goto("about:blank")
    wire = mother.page.context.new_cdp_session(mother.page)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    loaded = []
    wire.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    mother.page.goto(mother.address + "/home", wait_until="networkidle")
    assert len(loaded) >= 7  # the page, three stylesheets, two scripts, the sprite
    assert sum(loaded) <= FIRST_VIEW_BYTES


def test_a_page_on_paper_is_a_sheet_without_buttons(come, family: Family):
    mother = come(family)
    mother.page.emulate_media(media="print")
    for path in ("/home", f"/home/{family.child.id}/guide", f"/home/{family.child.id}/record"):
        mother.open(path)
        expect(mother.page.locator("h1")).to_be_visible()
        for gone in (".ph-top", ".ph-foot", "main button", "main nav", "main form"):
            for each in mother.page.locator(gone).all():
                expect(each).to_be_hidden()

"""Every page that somebody can reach by links from their first page, in a district full of cases."""

import re
from collections import Counter

import pytest

from mengya_health.access.actor import Actor
from mengya_health.app import create_app
from mengya_health.config import WORKFLOWS
from mengya_health.operations.installation import begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.people.models import User
from mengya_health.people.queries import find_children, visible_child_ids
from tests import words
from tests.district import Statements
from tests.factories import client_of
from tests.test_architecture import ROOT
from tests.web.browsing import Forms
from tests.web.crawling import ENTRANCES, LOST, NOBODY, Crawler, Page

STATIC = ROOT / "mengya_health" / "web" / "static"
FAMILY = ("parent", "parent2", "parent3", "parent5", "parent9", "grandma")
CLASS = ("teacher", "teacher2", "health", "babyhouse")
OFFICES = ("specialist", "reviewer", "manager", "officer", "admin")
LOGINS = ("doctor", *CLASS, *FAMILY, *OFFICES)
OTHER_LANGUAGE = "中文"

# Pages that no crawl over GET links comes to, and why.
NOT_CRAWLED = {
    "waiting.key": "the key of the waiting queue, for its script",
    "classes.own": "of an observation of today, of which the demo has none: tests/web/test_own_observations.py",
    "static": "drawings and stylesheets",
    "health.check": "answers the proxy in JSON",
    "papers.pdf": "a PDF, made by the worker",
    "papers.batch_pdf": "many of them as one",
    "receipts.download": "a file of ids and digests",
    "receipts.script": "a program to take away",
    "children.restriction_document": "a file of the two who decide about a guardian",
    "attachments.download": "a file, not a page",
    "passkeys.confirm_page": "asked for where the last confirmation is older than five minutes: web/test_passkeys.py",
    "reports.show": "a mandatory report, of which the demo has none",
    "reports.download": "a file of one",
    "urgent.outcome": "what came of an urgent finding, of which the demo has none: tests/web/test_urgent.py",
    "screenings.correction": "of a screening by itself, of which the demo has none: tests/web/test_sheets_page.py",
    "letter.show": "only in the browser that opened a link: tests/web/test_referral_links.py",
    "letter.file": "a file, not a page",
    "referrals.file": "a file, not a page",
    "cases.referral_file": "a file, not a page",
    "moves.written": "of a child that has left, of which the demo has none: tests/web/test_moves.py",
    "family.hand_over": "of a grandparent where something waits for a signature: tests/web/test_family_links.py",
    "entering.step": "only half-way through a sign-in: tests/web/test_entering.py",
}
TOO_CLINICAL = re.compile("阳性|疑似|异常|问题儿童")
TOO_CLINICAL_IN_ENGLISH = re.compile(r"\b(positive|abnormal|suspected|SD|diagnos\w*)\b", re.IGNORECASE)
# ux.md §13: words nobody reads here, and words that explain nothing where they stand alone.
NEVER = re.compile(
    "异常儿童|问题儿童|不合格|落后|(?<!完整性校验)失败|非法输入|"
    "(?<![\u4e00-\u9fff])(?:系统错误|操作失败)(?![\u4e00-\u9fff])"
)
NOT_FOR_FAMILIES = re.compile(r"患儿|(?<![A-Za-z])SDS?(?![A-Za-z])|[zZ] ?值|百分位")
DECIDING = {"family.sign", "family.consent", "account.agreement"}
# Traces of the program in what people read.
LEAKS = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|\bnull\b|\{\}|\[\]|\{\{|%\(|<built-in|lazy_gettext|LazyString|datetime\.|Decimal\("
    r"|UUID\(|Undefined|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|['\"]\w+['\"]: |\b[a-z]+_[a-z]+\b"
)
INLINE = re.compile(r"<[^>]+\sstyle=|<style|\son[a-z]+=|data:|javascript:|<script(?![^>]*\ssrc=)")


@pytest.fixture(scope="module")
def pages(demo_district) -> list[Page]:
    """Return every page of every crawl: each role's from its first page, the entrances, and one lost page each."""
    crawler = Crawler(demo_district, Statements(demo_district.engine, demo_district.keystore._engine))
    found = crawler.crawl(NOBODY, crawler.app.test_client(), *ENTRANCES, LOST)
    for login in LOGINS:
        with begin_work(demo_district, None, writing=False) as work:
            actor = actor_of_login(work, login)
        found += crawler.crawl(login, client_of(demo_district, actor), "/", LOST)
    return found


@pytest.fixture(scope="module")
def english_pages(demo_district) -> list[Page]:
    """Return one page of each kind in English: a doctor's, a teacher's, a parent's."""
    crawler = Crawler(demo_district, Statements(demo_district.engine, demo_district.keystore._engine), once=True)
    found = []
    for login in ("doctor", "teacher", "parent"):
        actor = _reads(demo_district, login, "en")
        found += crawler.crawl(login, client_of(demo_district, actor), "/")
        _reads(demo_district, login, "zh")
    return found


def _reads(district, login: str, language: str) -> Actor:
    with begin_work(district, None) as work:
        actor = actor_of_login(work, login)
        work.session.get(User, actor.user_id).language = language
    return actor


@pytest.fixture(scope="module")
def secrets_of_children(demo_district) -> list[str]:
    """Return every child's name and number."""
    with begin_work(demo_district, None, writing=False) as work:
        actor = actor_of_login(work, "doctor")
    with begin_work(demo_district, actor, writing=False) as work:
        children = find_children(work, work.session.scalars(visible_child_ids(work))).values()
        return [text for child in children for text in (child.name, child.number)]


def test_every_page_opens_and_leads_nowhere_closed(pages):
    closed = [page for page in pages if page.status != (302 if page.path == "/" else 200) and page.path != LOST]
    assert closed == []
    assert {page.status for page in pages if page.path == LOST} == {404}


def test_every_page_of_the_application_is_looked_at(pages, demo_district):
    rules = {rule.endpoint for rule in create_app(demo_district).url_map.iter_rules() if "GET" in rule.methods}
    assert rules - {page.endpoint for page in pages} == set(NOT_CRAWLED)


def test_no_page_has_anything_inline(pages):
    assert [page for page in pages if INLINE.search(page.html)] == []


def test_every_form_that_is_sent_carries_its_token_and_its_key(pages):
    forms = [(page, form) for page in pages for form in re.findall(r"<form\b.*?</form>", page.html, re.DOTALL)]
    sent = [(page, form) for page, form in forms if 'method="post"' in form]
    assert len(sent) > len(pages)
    assert [page for page, form in sent if 'name="csrf_token"' not in form or 'name="idem_key"' not in form] == []


def test_ids_are_unique_and_everything_that_points_inside_a_page_hits(pages):
    pointing = re.compile(r'href="#([^"]+)"|\s(?:for|form|list|aria-(?:describedby|labelledby|controls))="([^"]+)"')
    for page in pages:
        assert [name for name, number in Counter(page.ids).items() if number > 1] == [], page
        wanted = {name for pair in pointing.findall(page.html) for name in "".join(pair).split()}
        assert wanted - set(page.ids) == set(), page


def test_every_icon_is_in_the_sprite(pages):
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    used = {name for page in pages for name in re.findall(r"/static/icons\.svg(?:\?[^#\"]*)?#([\w-]+)", page.html)}
    assert used
    assert used - symbols == set()


def test_no_title_names_a_child(pages, secrets_of_children):
    for page in pages:
        title = re.search(r"<title>(.*?)</title>", page.html, re.DOTALL)[1]
        assert title.strip()
        assert [text for text in secrets_of_children if text in title] == [], page


def test_families_and_teachers_never_read_what_a_clinic_calls_a_finding(pages):
    read = [(page, TOO_CLINICAL.findall(page.html)) for page in pages if page.login in (*FAMILY, *CLASS)]
    assert read
    assert [each for each in read if each[1]] == []


def test_families_and_teachers_read_plain_words(pages):
    read = [(page, NOT_FOR_FAMILIES.findall(page.text)) for page in pages if page.login in (*FAMILY, *CLASS)]
    assert [each for each in read if each[1]] == []
    everybody = [(page, NEVER.findall(page.text)) for page in pages if page.login in (*FAMILY, *CLASS, NOBODY)]
    assert [each for each in everybody if each[1]] == []


def test_the_program_itself_says_no_word_that_explains_nothing():
    """What the staff reads of the handbooks keeps its words; these are our own."""
    assert [text for text in words.of_the_program() if NEVER.search(text)] == []


def test_families_read_kilograms_in_their_own_word_and_days_with_their_weekday(pages):
    read = [page for page in pages if page.login in FAMILY and page.endpoint.startswith("family.")]
    assert any("公斤" in page.text for page in read)
    assert [page for page in read if re.search(r"\d ?kg\b", page.text)] == []


def test_an_english_page_says_nothing_of_the_program_in_chinese(english_pages):
    own = {text.strip("，。；：（） ") for text in words.of_the_program() if words.CHINESE.search(text)}
    content = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS.rglob("*.yaml"))
    left = {}
    for page in english_pages:
        assert '<html lang="en"' in page.html or page.status == 302, page
        runs = re.findall(r"[\u3400-\u9fff][^\sA-Za-z·/]*", page.text)
        for run in {each.strip("，。；：（）0123456789.,;:()") for each in runs} & own:
            if run not in content:
                left.setdefault(run, page)
    assert set(left) == {OTHER_LANGUAGE}, left


def test_an_english_page_of_a_family_or_a_class_stays_plain(english_pages):
    read = [(page, TOO_CLINICAL_IN_ENGLISH.findall(page.text)) for page in english_pages if page.login != "doctor"]
    assert len(read) > 20
    assert [each for each in read if each[1]] == []


def test_nothing_is_chosen_where_a_family_decides(pages):
    deciding = [page for page in pages if page.endpoint in DECIDING]
    assert {page.endpoint for page in deciding} == DECIDING
    assert [page for page in deciding if re.search(r"<input[^>]*\schecked|<option[^>]*\sselected", page.html)] == []


def test_every_page_asks_at_most_eight_statements(pages):
    asked = {str(page): len(page.statements) for page in pages if len(page.statements) > 8}
    assert asked == {}


def test_nothing_of_the_program_shows_in_what_people_read(pages):
    assert [(page, found) for page in pages if (found := LEAKS.findall(page.text))] == []


def test_a_password_is_never_shown_again(demo_district):
    client = create_app(demo_district).test_client()
    sent = Forms(client.get("/sign-in").get_data(as_text=True)).by_action["/sign-in"]
    answer = client.post("/sign-in", data=sent | {"login": ["doctor"], "password": ["not the password"]})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="doctor"' in page
    assert "not the password" not in page


def test_stylesheets_hold_no_data_uri_and_ask_nothing_of_other_hosts():
    for path in STATIC.glob("*.css"):
        assert not re.search(r"data:|https?:|@import", path.read_text(encoding="utf-8")), path

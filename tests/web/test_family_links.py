"""Links of a family: on a registered phone they open at once, on anybody else's they show nobody and nothing."""

import re
from dataclasses import replace

import pytest

from mengya_health.app import create_app
from mengya_health.people import invitations, sign_in
from mengya_health.people.acting import actor_of_user
from mengya_health.people.models import Organisation
from mengya_health.people.queries import find_child
from mengya_health.signing.queries import own_signatures
from mengya_health.web.sign_in import PHONE_COOKIE
from tests.factories import a_child, a_guardian, client_of
from tests.web.browsing import Forms
from tests.web.conftest import PLAN
from tests.web.crawling import Crawler, Text
from tests.web.test_family import signs

PREVIEW = re.compile(r"<meta[^>]+(?:property|name)=\"(?:og:|twitter:|description|author)", re.IGNORECASE)
AROUND = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


@pytest.fixture
def addresses(installation, mother, case_id, statements) -> list[str]:
    """Every address a mother meets, as she could copy it from her address bar."""
    pages = Crawler(installation, statements).crawl("mother", client_of(installation, mother), "/home")
    assert {page.status for page in pages} <= {200, 302}  # some ask for the password once more
    found = [page.path for page in pages if page.path != "/"]
    assert len(found) > 25
    assert len({page.endpoint for page in pages if page.endpoint.startswith("family.")}) >= 14
    return found


def told(page: str) -> str:
    return re.sub(r"\s+", " ", str(Text(page)))


def test_a_stranger_with_a_familys_address_reads_nobodys_name_and_is_told_what_to_do(
    installation, addresses, child, mother, work_as
):
    anybody = create_app(installation).test_client()
    said = {True: set(), False: set()}
    for address in addresses:
        answer = anybody.get(address, follow_redirects=True)
        page = answer.get_data(as_text=True)
        assert answer.request.path == "/sign-in"
        assert dict(answer.headers).items() >= AROUND.items()
        assert not re.search(f"{child.name}|{child.number}|{child.birth_on}", page)
        assert not PREVIEW.search(page)
        said[address.startswith(("/home", "/inbox"))].add(told(page))
    assert {len(texts) for texts in said.values()} == {1}  # whichever page it was of
    assert "请用已登记的手机打开" in said[True].pop()


def test_another_parent_with_the_same_address_learns_nothing(installation, addresses, child, work_as, district):
    with work_as(district.doctor) as work:
        theirs = a_child(work, district, name="样本乙")
    other = a_guardian(installation, district, theirs)
    stranger = client_of(installation, other)
    about = [address for address in addresses if str(child.id) in address]
    said = set()
    for address in about:
        answer = stranger.get(address)
        assert answer.status_code in (403, 404), address
        assert dict(answer.headers).items() >= AROUND.items()
        page = answer.get_data(as_text=True)
        assert child.name not in page
        said.add(re.sub(r"编号\s*[0-9a-f-]{36}", "", told(page)))
    assert len(about) > 20
    assert len(said) == 1
    assert "没有找到" in said.pop()


def test_no_address_and_no_preview_holds_anything_personal(installation, addresses, child, mother):
    client = client_of(installation, mother)
    for address in addresses:
        assert not re.search(f"{child.name}|{child.number}|{child.birth_on}", address)
        page = client.get(address)
        assert dict(page.headers).items() >= AROUND.items()
        text = page.get_data(as_text=True)
        assert not PREVIEW.search(text)
        assert child.name not in re.search(r"<title>(.*?)</title>", text)[1]


def bound(installation, work_as, actor, clock):
    """Return a browser without a sign-in whose phone is registered for somebody."""
    with work_as(replace(actor, reauthenticated_at=clock.now)) as work:
        token = sign_in.bind_phone(work)
    client = create_app(installation).test_client()
    client.set_cookie(PHONE_COOKIE, token)
    return client


def let_in(client, answer):
    """Follow a registered phone through its page, whose form a script sends at once; return the next answer."""
    page = answer.get_data(as_text=True)
    assert answer.request.path == "/phone"
    assert "data-at-once" in page
    return client.post("/phone", data=Forms(page).by_action["/phone"])


def test_a_registered_phone_goes_straight_to_the_page_of_a_link(installation, work_as, mother, child, clock):
    client = bound(installation, work_as, mother, clock)
    for wanted in (f"/home/{child.id}/record", "/inbox", "/"):
        client.delete_cookie("txs")
        answer = let_in(client, client.get(wanted, follow_redirects=True))
        assert (answer.status_code, answer.location) == (303, "/home" if wanted == "/" else wanted)
        assert client.get(answer.location).status_code == 200
    record = client.get(f"/home/{child.id}/record").get_data(as_text=True)
    assert child.name in record
    token = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', record)[1]}
    assert client.post(f"/home/{child.id}/record", data=token | {"milk": "less"}).status_code == 403  # reading only


def test_a_phone_that_is_registered_no_more_is_led_to_the_sign_in_once(installation, work_as, mother, child, clock):
    client = bound(installation, work_as, mother, clock)
    with work_as(mother) as work:
        sign_in.revoke_phone(work, sign_in.phones_of(work)[0].id)
    answer = let_in(client, client.get(f"/home/{child.id}", follow_redirects=True))
    assert (answer.status_code, answer.location) == (303, f"/sign-in?next=/home/{child.id}")
    page = client.get(answer.location)  # not to the phone's page again
    assert page.status_code == 200
    assert "请用已登记的手机打开" in page.get_data(as_text=True)


def test_a_switch_keeps_the_question_of_the_address(browse, mother, sign_path):
    browser = browse(mother)
    page = f"{sign_path}?choice=agree"
    switched = browser.post("/display", page=page, lang="en", next=f"{page}")
    assert switched.location == page
    shown = browser.get(f"{page}&saved=stored")
    assert Forms(shown).by_action["/display"]["next"][0] == page
    assert browser.get(page).count('lang="en"') > 0


# --- signing ----------------------------------------------------------------------------------------------------------


def test_whoever_comes_back_to_a_signed_paper_reads_so_and_signs_nothing_twice(
    browse,
    mother,
    sign_path,
    work_as,
    child,
):
    browser = browse(mother)
    to_pin = f"{sign_path}?choice=agree"
    waiting = Forms(browser.get(to_pin)).by_action[sign_path]  # left open in another tab
    signs(browser, sign_path)
    for path in (sign_path, to_pin, f"{sign_path}/text", f"{sign_path}/hand-over"):
        page = browser.get(path)
        assert "您已经签过了" in page
        assert "可以撤回" in page
        assert 'name="pin"' not in page
    again = browser.client.post(sign_path, data=waiting | {"pin": ["246813"]})
    page = again.get_data(as_text=True)
    assert again.status_code == 409
    assert "这一份已经有了答复，没有再记一次" in page
    assert f'href="/home/{child.id}/signed"' in page
    with work_as(mother, writing=False) as work:
        assert len(own_signatures(work, find_child(work, child.id))) == 1


def test_a_paper_answered_otherwise_says_so_without_claiming_a_signature(browse, mother, sign_path):
    browser = browse(mother)
    browser.post(sign_path, choice="decline", version="1", reason="想先回老家一段时间")
    page = browser.get(sign_path)
    assert "这一份不用再签了" in page
    assert "您已经签过了" not in page


def test_a_grandmother_hands_a_paper_on_and_the_link_says_nothing(
    installation,
    browse,
    mother,
    child,
    sign_path,
    work_as,
    district,
):
    grandma = browse(a_caregiver(installation, work_as, mother, child))
    home = grandma.get("/home")
    assert "请监护人做 1 件事" in home
    (path,) = re.findall(r'href="(/home/[^"]+/hand-over)"', home)
    page = grandma.get(path)
    assert "妈妈" in page
    address = re.search(r'data-share="([^"]+)"', page)[1]
    assert address.endswith(sign_path)
    assert child.name not in address
    read = grandma.get(sign_path)
    assert "签名由监护人做" in read
    assert 'name="choice"' not in read


def a_caregiver(installation, work_as, mother, child):
    """Somebody whom the mother let in, to read and record."""
    with work_as(mother) as work:
        code = invitations.invite_caregiver(work, find_child(work, child.id)).code
    about = {"name": "样本外婆", "phone": "13900000999", "relation": "grandparent", "password": "门前的老槐树开花了"}
    with work_as(None) as work:
        redeemed = invitations.redeem_invitation(work, code=code, birth_on=child.birth_on, **about)
        user_id = redeemed.user.id
    with work_as(None, writing=False) as work:
        return actor_of_user(work, user_id)


# --- what a family reads at home --------------------------------------------------------------------------------------


def test_home_names_the_reader_and_the_clinics_number(browse, mother, case_id, work_as, district):
    assert 'href="tel:' not in browse(mother).get("/home")
    with work_as(district.doctor) as work:
        work.session.get(Organisation, district.clinic_id).phone = "021-00000000"
    page = browse(mother).get("/home")
    assert "您是<b>妈妈</b>" in page
    assert 'href="tel:021-00000000"' in page
    assert re.search(r"预防 → 筛查 → <b>干预</b> → 巩固", page)


def test_the_guide_is_a_page_also_for_those_who_print_nothing(
    installation,
    browse,
    mother,
    child,
    case_id,
    work_as,
):
    path = f"/home/{child.id}/guide/{case_id}"
    page = browse(mother).get(path)
    assert PLAN["summary"] in page
    assert "出现这些，不等预约，直接就医" in page
    assert 'value="home_guide"' in page
    assert f'href="{path}"' in browse(mother).get(f"/home/{child.id}/record")
    read = browse(a_caregiver(installation, work_as, mother, child)).get(path)
    assert PLAN["summary"] in read
    assert 'value="home_guide"' not in read
    assert "还没有指导单" in browse(mother).get(f"/home/{child.id}/guide")

"""What stands around every answer: headers, hosts, where one is led to, what an error tells."""

import pytest
from sqlalchemy import text

from mengya_health.app import CSP, create_app
from mengya_health.db import new_id
from mengya_health.handouts.models import Handout
from mengya_health.operations.installation import begin_work
from mengya_health.web.papers import PDF_POLICY
from tests.factories import PASSWORD, an_account, client_of
from tests.web.browsing import Browser

ALWAYS = {
    "Content-Security-Policy": CSP,
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OF_CONTENT = ("Content-Type", "Content-Length", "Content-Disposition", "Location", "Vary", "Set-Cookie", "Date", "ETag")
ELSEWHERE = (
    "//evil.example", "///evil.example", "https:evil.example", "https://evil.example/", "\\\\evil.example",
    "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "evil.example",
)  # fmt: skip


@pytest.fixture
def client(installation, district):
    return client_of(installation, district.doctor)


def around(answer) -> dict[str, str]:
    """Return the headers of an answer that are not about its content."""
    return {name: value for name, value in answer.headers.items() if name not in OF_CONTENT}


def a_paper(installation, district, child) -> str:
    """Store a paper of the doctor's as if the worker had just printed it; return its address."""
    with begin_work(installation, district.doctor) as work:
        paper = Handout(
            child_id=child.id,
            document="record_summary",
            asked_by=district.doctor.user_id,
            asked_role="doctor",
            asked_at=work.now,
            template_version="1",
            job_id=new_id(),
        )
        work.session.add(paper)
        work.session.flush()
        paper.pdf = work.keys.seal_file("handout", paper.id, child.id, "health", b"%PDF-1.7 ", "pdf")
    return f"/papers/{paper.id}.pdf"


def test_every_answer_carries_the_headers(client, child):
    """S-58, S-59: pages, errors, redirects, another host."""
    answers = {
        client.get("/sign-in"): 200,
        client.get(f"/children/{child.id}"): 200,
        client.get("/healthz"): 200,
        client.get("/nothing"): 404,
        client.get("/sign-out"): 405,
        client.post("/sign-out"): 400,
        client.get("/class"): 403,
        client.get("/"): 302,
        client.get("/sign-in", headers={"Host": "evil.example"}): 400,
    }
    for answer, status in answers.items():
        assert (answer.status_code, around(answer)) == (status, ALWAYS)


def test_an_error_of_ours_carries_the_headers_and_tells_nothing(client, monkeypatch, caplog):
    def broken(*_arguments, **_more):
        raise ValueError("样本甲 13800138000")

    monkeypatch.setattr("mengya_health.web.today.day_list", broken)
    answer = client.get("/today")
    assert (answer.status_code, around(answer)) == (500, ALWAYS)
    assert "13800138000" not in answer.get_data(as_text=True) + caplog.text
    assert "ValueError" in caplog.text


def test_where_even_the_page_of_an_error_breaks_nothing_is_told(client, child, monkeypatch, caplog):
    def broken(*_arguments, **_more):
        raise ValueError("样本甲 13800138000")

    monkeypatch.setattr("mengya_health.web.shell.home_of", broken)
    for path in (f"/children/{child.id}", "/children/00000000-0000-0000-0000-000000000000"):
        answer = client.get(path)
        assert (answer.status_code, around(answer)) == (500, ALWAYS)
        assert "13800138000" not in answer.get_data(as_text=True) + caplog.text
    assert "ValueError" in caplog.text


PART = '--part\r\nContent-Disposition: form-data; name="text"\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ("text=" + "x" * 1024 * 1024, "application/x-www-form-urlencoded"),
        (PART * 501 + "--part--", "multipart/form-data; boundary=part"),
    ],
)
def test_too_much_at_once_is_refused(client, child, sent, kind):
    answer = client.post(f"/children/{child.id}/advice", data=sent, content_type=kind)
    assert (answer.status_code, around(answer)) == (413, ALWAYS)


def test_a_pdf_is_shown_in_a_sandbox_of_its_own(client, installation, district, child):
    """S-58."""
    answer = client.get(a_paper(installation, district, child))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert around(answer) == ALWAYS | {"Content-Security-Policy": PDF_POLICY}


def test_files_of_ours_may_be_kept_by_the_browser_and_nothing_else(client):
    """S-58."""
    with client.get("/static/app.css") as answer:
        assert answer.status_code == 200
        kept = around(answer)
    assert "no-store" not in kept.pop("Cache-Control")
    assert kept.items() >= {name: value for name, value in ALWAYS.items() if name != "Cache-Control"}.items()
    assert client.get("/static/nothing.css").status_code == 404


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(installation, district):
    with begin_work(installation, district.sysadmin) as work:
        an_account(work, login="somebody")
    browser = Browser(create_app(installation).test_client())
    answer = browser.send("/sign-in", login="somebody", password=PASSWORD)
    cookies = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert any(cookie.startswith("txs=") for cookie in cookies)
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie for cookie in cookies)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "a b"])
def test_no_other_host_is_answered(client, host):
    answer = client.get("/sign-in", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.get_data(as_text=True)


def test_a_forwarded_host_is_not_believed(client):
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "https"}
    answer = client.get("/", headers=forged)
    assert answer.location == "/today"
    assert "evil" not in client.get("/sign-in", headers=forged).get_data(as_text=True)


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_and_switching_lead_to_a_page_of_ours(installation, district, wanted):
    """S-59: every way of writing somebody else's address."""
    with begin_work(installation, district.sysadmin) as work:
        an_account(work, login="somebody")
    browser = Browser(create_app(installation).test_client())
    form = browser.form(browser.open("/sign-in"), "/sign-in")
    shown = browser.client.get("/sign-in", query_string={"next": wanted}).get_data(as_text=True)
    assert "evil" not in shown
    switched = browser.client.post("/display", data={"csrf_token": form["csrf_token"], "lang": "en", "next": wanted})
    entered = browser.send_form(form, "/sign-in", login="somebody", password=PASSWORD, next=wanted)
    for answer in (switched, entered):
        assert answer.status_code in (303, 422)
        assert answer.location in (None, "/")


def test_a_page_of_ours_is_where_one_is_led_back_to(client, child, installation):
    anybody = create_app(installation).test_client()
    answer = anybody.get(f"/children/{child.id}?chart=wfa")
    assert answer.location == f"/sign-in?next=/children/{child.id}?chart%3Dwfa"


def test_a_reading_that_cannot_be_audited_is_not_shown(owner, client, child):
    """S-42."""
    page = f"/children/{child.id}"
    assert child.name in client.get(page).get_data(as_text=True)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE audit_event RENAME TO gone"))
    answer = client.get(page)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    shown = answer.get_data(as_text=True)
    assert child.name not in shown
    assert child.number not in shown


def test_without_the_audit_nothing_is_written_and_no_refusal_given(owner, client, child, district):
    """S-42."""
    browser = Browser(client)
    path = f"/children/{child.id}/advice"
    form = browser.form(browser.open(path), path)
    with owner.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'no room'); END")
        )
        before = connection.execute(text("SELECT count(*) FROM entry")).scalar()
    assert browser.send_form(form, path, text="多晒太阳").status_code == 503
    assert client.get("/class").status_code == 503
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM entry")).scalar() == before

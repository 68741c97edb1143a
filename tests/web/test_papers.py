"""The pages of printing: what can be printed, what was asked for, the PDF."""

import pytest
from sqlalchemy import select

from mengya_health import worker
from mengya_health.care.commands import open_case
from mengya_health.handouts.models import Handout
from tests.factories import client_of
from tests.web.browsing import Browser


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def ask(desk, work_as, district, installation):
    """Ask for a paper on the page of a child, let the worker make it, return the handout's id."""

    def asked(child, document: str = "record_summary", *, make: bool = True):
        path = f"/children/{child.id}/papers"
        form = {**desk.form(desk.open(path), path), "document": [document]}
        form.pop("subject_id", None)
        form = {name: values[:1] for name, values in form.items()}
        assert desk.send_form(form, path).headers["Location"].startswith("/papers")
        with work_as(district.doctor, writing=False) as work:
            handout = work.session.scalars(select(Handout).order_by(Handout.asked_at, Handout.id)).all()[-1]
        if make:
            worker.run_job(installation, handout.job_id)
        return handout.id

    return asked


def test_an_empty_queue_says_so(desk):
    assert "没有在打印的" in desk.open("/papers")


def test_a_paper_is_asked_for_waits_in_the_queue_and_opens(desk, child, ask):
    waiting = ask(child, make=False)
    page = desk.open("/papers")
    assert "排队中" in page
    assert child.name in page
    assert str(waiting) not in page
    handout_id = ask(child)
    assert f"/papers/{handout_id}.pdf" in desk.open("/papers")


def test_a_pdf_is_kept_nowhere_runs_nothing_and_names_nobody(desk, child, ask):
    answer = desk.client.get(f"/papers/{ask(child)}.pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert answer.headers["Content-Disposition"].isascii()


def test_a_paper_that_is_not_ready_or_somebody_elses_does_not_open(desk, child, ask, installation, district):
    handout_id = ask(child, make=False)
    desk.open(f"/papers/{handout_id}.pdf", status=409)
    colleague = Browser(client_of(installation, district.second_doctor))
    colleague.open(f"/papers/{handout_id}.pdf", status=404)


def test_what_keeps_a_paper_from_being_made_is_said_beside_the_button(desk, child):
    path = f"/children/{child.id}/papers"
    form = {name: values[:1] for name, values in desk.form(desk.open(path), path).items()}
    answer = desk.send_form(form, path, document="home_guide")
    assert answer.status_code == 409
    assert "panel-bad" in answer.get_data(as_text=True)


def test_the_papers_offered_follow_the_cases(desk, child, work_as, district):
    path = f"/children/{child.id}/papers"
    assert "结案小结" not in desk.open(path)
    with work_as(district.doctor) as work:
        open_case(work, child.id, pathway_id="PW_ANEMIA", reason="血红蛋白低")
    page = desk.open(path)
    assert "档案摘要" in page
    assert "结案小结" not in page


def test_the_queue_takes_at_most_eight_statements_however_long_it_is(desk, child, ask, statements):
    counts = []
    for _ in range(2):
        ask(child, make=False)
        statements.seen.clear()
        desk.open("/papers")
        counts.append(len(statements.seen))
    assert counts[0] == counts[1] <= 8

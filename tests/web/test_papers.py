"""The pages of printing: what can be printed, what was asked for, the PDF."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from mengya_health import worker
from mengya_health.audit import AuditEvent
from mengya_health.care.commands import open_case
from mengya_health.handouts.models import Handout
from mengya_health.jobs import Job
from mengya_health.operations.installation import begin_work
from mengya_health.screening.commands import plan_for, record_check
from mengya_health.worker import ATTEMPTS
from tests.factories import a_child, client_of
from tests.screening.filling import filled_form
from tests.web.browsing import Browser, Forms


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


def test_a_paper_is_asked_for_waits_in_the_queue_and_opens(desk, child, ask, clock):
    waiting = ask(child, make=False)
    page = desk.open("/papers")
    assert "排队中" in page
    assert child.name in page
    assert str(waiting) not in page
    clock.forward(seconds=1)
    handout_id = ask(child)
    assert f"/papers/{handout_id}.pdf" in desk.open("/papers")
    assert "重印" in desk.open("/papers")


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


@pytest.fixture
def batch(desk, child, work_as, district, installation, clock):
    """Ask for the home guide of a class of four, of whom only two had a check; return the jobs in their order."""
    with work_as(district.doctor) as work:
        others = [a_child(work, district, name=f"样本{letter}", id_no=None) for letter in "乙丙丁"]
        for each in (child, others[0]):
            plan = plan_for(work, each, None, {}, ())
            record_check(work, each, plan.visit.id, filled_form(work.content, each, plan, advice="每天户外两小时"))
    asked = desk.send("/papers", "/papers/batches", who=str(district.group_id), document="home_guide")
    assert asked.status_code == 303
    with work_as(district.doctor, writing=False) as work:
        return work.session.execute(select(Handout.id, Handout.job_id, Handout.child_id).order_by(Handout.id)).all()


def test_a_batch_goes_on_past_a_bad_sheet_and_prints_what_is_ready(desk, batch, installation, clock, district):
    page = desk.open("/papers")
    assert "4 份家庭指导单" in page
    assert "0 / 4" in page
    assert "先打已好的" not in page
    made = []
    for handout_id, job_id, _child in batch:
        for _again in range(ATTEMPTS):
            clock.forward(seconds=2)
            worker.run_job(installation, job_id)
        made.append(desk.client.get(f"/papers/{handout_id}.pdf").status_code)
        if made.count(200) == 1 and 409 not in made:
            assert "1 / 4" in desk.open("/papers")
            assert "先打已好的 1 份" in desk.open("/papers")
    assert sorted(made) == [200, 200, 409, 409]
    page = desk.open("/papers")
    assert "2 份没成，其余照常" in page
    assert "档案里还缺要印的内容" in page
    assert "打印 2 份" in page
    whole = desk.client.get(f"/papers/batches/{batch[0].id}.pdf")
    assert whole.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert len(PdfReader(BytesIO(whole.data)).pages) == 2
    with begin_work(installation, None, writing=False) as work:
        printed = select(func.count()).where(AuditEvent.action == "P", AuditEvent.user_id == district.doctor.user_id)
        assert work.session.scalar(printed) == 2 + 2 + 2  # made, opened one by one, opened together
    for somebody in (district.second_doctor, district.teacher):
        Browser(client_of(installation, somebody)).open(f"/papers/batches/{batch[0].id}.pdf", status=404)


def test_a_batch_stops_where_it_is_and_only_for_who_asked(desk, batch, child, installation, district):
    worker.run_job(installation, next(each.job_id for each in batch if each.child_id == child.id))
    action = f"/papers/batches/{batch[-1].id}/stop"
    colleague = Browser(client_of(installation, district.second_doctor))
    token = colleague.form(colleague.open("/account"), "/display")["csrf_token"]
    assert colleague.client.post(action, data={"csrf_token": token}).status_code == 404
    (stopping,) = [each for each in Forms(desk.open("/papers")).by_action if each.endswith("/stop")]
    assert desk.send("/papers", stopping).status_code == 303
    for _id, job_id, _child in batch:
        worker.run_job(installation, job_id)
    page = desk.open("/papers")
    assert "停下了" in page
    assert "停止</button>" not in page
    with begin_work(installation, None, writing=False) as work:
        states = sorted(work.session.scalars(select(Job.status)))
    assert states == ["cancelled", "cancelled", "cancelled", "completed"]


def test_a_batch_is_for_somebody_and_by_a_doctor(desk, district, installation):
    for who in ("", "zzz", "today"):
        assert desk.send("/papers", "/papers/batches", who=who, document="home_guide").status_code == 422
    teacher = Browser(client_of(installation, district.teacher))
    assert "批量打印" not in teacher.open("/papers")


def test_the_queue_takes_at_most_eight_statements_however_long_it_is(desk, child, ask, statements):
    counts = []
    for _ in range(2):
        ask(child, make=False)
        statements.seen.clear()
        desk.open("/papers")
        counts.append(len(statements.seen))
    assert counts[0] == counts[1] <= 8

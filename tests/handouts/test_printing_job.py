"""A paper on its way: asked for, made by the worker, kept sealed for a day, opened by whoever asked."""

from uuid import UUID

import pytest
from sqlalchemy import select, text

from mengya_health import worker
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.models import Handout
from mengya_health.handouts.queries import KEPT, open_handout, print_queue
from mengya_health.jobs import Job
from mengya_health.people.queries import find_child
from mengya_health.signing.consents import consents_of, withdraw_consent
from tests.care.walking import STORIES, Walk
from tests.factories import a_child
from tests.handouts.test_render import text_of

CANARY = "金丝雀甲"


class Desk:
    """A clinic with one child, and the papers asked for at its desk."""

    def __init__(self, installation, work_as, district, **child) -> None:
        self.installation, self.work_as, self.district = installation, work_as, district
        with work_as(self.district.doctor) as work:
            self.child = a_child(work, self.district, name=CANARY, **child)

    def ask(self, document="record_summary", *, actor=None, subject_id: UUID | None = None) -> UUID:
        with self.work_as(actor or self.district.doctor) as work:
            return ask_for(work, find_child(work, self.child.id), document, subject_id=subject_id).id

    def make(self, handout_id: UUID) -> None:
        worker.run_job(self.installation, self.row(handout_id).job_id)

    def open(self, handout_id: UUID, *, actor=None) -> bytes:
        with self.work_as(actor or self.district.doctor) as work:
            return open_handout(work, handout_id)

    def row(self, handout_id: UUID) -> Handout:
        with self.work_as(None, writing=False) as work:
            return work.session.get(Handout, handout_id)

    def job(self, handout_id: UUID) -> Job:
        with self.work_as(None, writing=False) as work:
            return work.session.get(Job, self.row(handout_id).job_id)


class Pdf:
    def __init__(self, content: bytes) -> None:
        self.content = content


@pytest.fixture
def desk(installation, work_as, district) -> Desk:
    return Desk(installation, work_as, district)


def test_the_worker_makes_a_paper_and_its_asker_opens_it(desk):
    handout_id = desk.ask()
    assert desk.job(handout_id).status == "requested"
    with pytest.raises(NotNow):
        desk.open(handout_id)
    desk.make(handout_id)
    made = text_of(Pdf(desk.open(handout_id)))
    assert CANARY in made
    assert desk.child.number in made
    assert (desk.job(handout_id).status, desk.row(handout_id).pages) == ("completed", 1)


def test_a_job_run_twice_changes_nothing(desk):
    handout_id = desk.ask()
    desk.make(handout_id)
    first, attempts = desk.row(handout_id).pdf, desk.job(handout_id).attempts
    desk.make(handout_id)
    assert desk.row(handout_id).pdf == first
    assert desk.job(handout_id).attempts == attempts == 1


def test_a_paper_lies_sealed_in_the_database(desk, settings, database):
    handout_id = desk.ask()
    desk.make(handout_id)
    opened, sealed = desk.open(handout_id), desk.row(handout_id).pdf
    assert opened.startswith(b"%PDF")
    assert b"%PDF-1." not in sealed
    if database == "sqlite":
        files = [path.read_bytes() for path in settings.data_dir.iterdir() if path.is_file()]
        assert files
        for secret in (b"%PDF-", CANARY.encode(), CANARY.encode("utf-16-be"), opened[200:260]):
            assert not any(secret in content for content in files)
    with desk.work_as(None, writing=False) as work:
        (queued,) = work.session.execute(text("SELECT kind, error_code FROM job")).all()
    assert tuple(queued) == ("render_handout", "")


def test_asking_twice_makes_two_papers_with_the_same_words(desk):
    papers = [desk.ask(), desk.ask()]
    for handout_id in papers:
        desk.make(handout_id)
    first, second = (text_of(Pdf(desk.open(handout_id))) for handout_id in papers)
    assert first == second
    with desk.work_as(desk.district.doctor) as work:
        assert {paper.handout.id for paper in print_queue(work)} == set(papers)


def test_somebody_elses_paper_is_not_found(desk):
    handout_id = desk.ask()
    desk.make(handout_id)
    for other in (desk.district.second_doctor, desk.district.other_doctor, desk.district.sysadmin):
        with pytest.raises(NotFound):
            desk.open(handout_id, actor=other)


def test_a_paper_is_gone_after_a_day(desk, clock):
    handout_id = desk.ask()
    desk.make(handout_id)
    clock.forward(seconds=KEPT.total_seconds() + 1)
    with pytest.raises(NotNow):
        desk.open(handout_id)
    worker.sweep(desk.installation, desk.installation.queue)
    assert desk.row(handout_id).pdf is None
    with desk.work_as(desk.district.doctor) as work:
        assert print_queue(work) == []


def test_a_consent_taken_back_before_the_worker_came_stops_the_paper(desk):
    handout_id = desk.ask()
    with desk.work_as(desk.district.doctor) as work:
        child = find_child(work, desk.child.id)
        kept = next(consent for consent in consents_of(work, child) if consent.purpose == "P1")
        withdraw_consent(work, child, kept.id)
    desk.make(handout_id)
    assert (desk.job(handout_id).status, desk.job(handout_id).error_code) == ("failed", "not_permitted")
    assert desk.row(handout_id).pdf is None


def test_what_cannot_be_printed_is_said_when_it_is_asked_for_and_stores_nothing(installation, work_as, district):
    desk = Desk(installation, work_as, district, allergies="注射青霉素以后全身起疹子")
    with pytest.raises(Invalid):
        desk.ask()
    with pytest.raises(Invalid):
        desk.ask("sick_note")
    with pytest.raises(NotPermitted):
        desk.ask(actor=desk.district.teacher)
    with work_as(None, writing=False) as work:
        assert work.session.scalars(select(Handout)).all() == []
        assert work.session.scalars(select(Job)).all() == []


def test_a_mother_prints_her_guide_and_the_record_says_from_which_plan(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.flagged()
    walk.make_plan()
    with walk.as_(walk.mother) as work:
        child = find_child(work, walk.child.id)
        handout = ask_for(work, child, "home_guide", subject_id=walk.case_id)
    worker.run_job(installation, handout.job_id)
    with walk.as_(walk.mother) as work:
        made = text_of(Pdf(open_handout(work, handout.id)))
    assert "每天四类食物" in made
    assert "样本甲的妈妈" in made
    with work_as(None, writing=False) as work:
        assert work.session.get(Handout, handout.id).sources == f"{walk.facts().newest('care_plan').id}@1"

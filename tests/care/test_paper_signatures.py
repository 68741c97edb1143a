"""A paper signed at the clinic: two of the staff who saw it, the scan sealed, the level said as it is."""

import os
from io import BytesIO

import pytest
from sqlalchemy import select, text

from mengya_health.care import paper_signatures, plans
from mengya_health.errors import Conflict, IntegrityError, Invalid, NotFound, NotNow, NotPermitted
from mengya_health.handouts import from_record
from mengya_health.operations.checkpointing import take_checkpoint
from mengya_health.people.commands import tie_child
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.record.attachments import attachments_of, open_attachment
from mengya_health.record.files import CleanFile
from mengya_health.record.models import Task
from mengya_health.signing.models import Signature
from mengya_health.signing.on_paper import PaperSigner
from mengya_health.signing.pins import set_pin
from mengya_health.signing.queries import signatures_of
from mengya_health.signing.receipts import receipt_of
from tests.care.test_statements import statements
from tests.care.walking import SHOWN
from tests.factories import PIN, client_of
from tests.signing.test_verify_receipt import run
from tests.web.browsing import Browser

SECOND_PIN = "395172"
SCAN = CleanFile("签字页.pdf", "PDF", b"%PDF-1.7\n%%EOF\n")


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


@pytest.fixture
def planned(walk):
    walk.flagged()
    walk.make_plan()
    with walk.work_as(None) as work:
        for actor, pin in (
            (walk.doctor, PIN),
            (walk.district.second_doctor, SECOND_PIN),
            (walk.district.other_doctor, PIN),
        ):
            set_pin(work, work.session.get(User, actor.user_id), pin)
    return walk


def record(walk, actor=None, *, signer=None, version: int = 1, pin: str = PIN):
    with walk.as_(actor or walk.doctor) as work:
        given = signer or PaperSigner("样本甲的奶奶代签人", "other", work.today)
        proof = {"shown": SHOWN, "nonce": os.urandom(16), "pin": pin}
        signed = paper_signatures.record_paper_signature(work, walk.case_id, given, version=version, scan=SCAN, **proof)
        return signed.id


def confirm(walk, actor=None, *, pin: str = SECOND_PIN):
    (task,) = walk.open_tasks("witness")
    with walk.as_(actor or walk.district.second_doctor) as work:
        paper_signatures.confirm_paper_signature(work, task.id, pin=pin)


def signed_on(walk):
    plan = walk.facts().newest("care_plan")
    return walk.facts().signatures.get(plan.id, ())


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_paper_counts_once_a_second_colleague_has_confirmed_it(planned, tmp_path):
    walk = planned
    signature_id = record(walk)
    (one,) = signed_on(walk)
    assert (one.level, one.is_witnessed, one.stands) == ("paper", False, False)
    assert walk.state == "planning"
    confirm(walk)
    (both,) = signed_on(walk)
    assert (both.stands, both.signer_id, both.signer_name) == (True, None, "样本甲的奶奶代签人")
    assert both.witness_ids == (walk.doctor.user_id, walk.district.second_doctor.user_id)
    assert walk.state == "active"
    assert walk.open_tasks("witness", "signature") == []
    assert walk.facts().steps[-1].body["on_paper"] == str(signature_id)
    with walk.work_as(walk.doctor, writing=False) as work:
        child = find_child(work, walk.child.id)
        (scan,) = attachments_of(work, child, [signature_id])[signature_id]
        assert open_attachment(work, child, scan.id).content == SCAN.content
    take_checkpoint(walk.installation)
    with walk.work_as(walk.doctor, writing=False) as work:
        receipt = receipt_of(work, find_child(work, walk.child.id), signature_id)
    assert receipt.statement["attachments"] == [{"id": str(scan.id), "commit": scan.commit.hex()}]
    told = run(tmp_path, receipt.fields)
    assert (told.returncode, "纸质签名·当面见证" in told.stdout) == (0, True), told.stdout


def test_nobody_confirms_what_they_recorded_nor_from_another_clinic_nor_as_family(planned):
    walk, second = planned, planned.district.second_doctor
    record(walk)
    with pytest.raises(NotPermitted, match="另一位同事"):
        confirm(walk, walk.doctor, pin=PIN)
    with pytest.raises(NotFound):
        confirm(walk, walk.district.other_doctor, pin=PIN)
    for actor in (walk.mother, walk.teacher):
        with pytest.raises(NotPermitted):
            confirm(walk, actor, pin=PIN)
    with pytest.raises(Invalid):
        confirm(walk, pin=PIN)  # the first one's
    with walk.work_as(None) as work:  # in the care of both clinics: only of the first one they can have been there
        here = {"kind": "care", "organisation_id": walk.district.other_clinic_id}
        tie_child(work, walk.child.id, by=walk.doctor.user_id, **here)
    with pytest.raises(NotPermitted, match="同一门诊"):
        confirm(walk, walk.district.other_doctor, pin=PIN)
    with walk.work_as(None) as work:
        tie_child(work, walk.child.id, kind="guardian", user_id=second.user_id, authority="reads", by=second.user_id)
    with pytest.raises(NotPermitted, match="孩子的家人"):
        confirm(walk)
    assert walk.state == "planning"
    assert not any(each.stands for each in signed_on(walk))


def test_only_a_doctor_of_the_clinic_records_one_and_for_a_guardian_who_may_sign(planned):
    walk = planned
    for actor in (walk.mother, walk.teacher, walk.district.other_doctor):
        with pytest.raises((NotFound, NotPermitted)):
            record(walk, actor)
    for user_id in (walk.teacher.user_id, walk.doctor.user_id):
        with pytest.raises(NotNow, match="可以签名的监护人"):
            record(walk, signer=PaperSigner("样本", "other", walk.clock.now.date(), user_id))
    with pytest.raises(Invalid):
        record(walk, pin="000000")
    with pytest.raises(Invalid):
        record(walk, signer=PaperSigner("样本", "other", walk.clock.now.date().replace(year=2027)))
    with walk.work_as(None, writing=False) as work:
        assert work.session.scalars(select(Signature)).all() == []


def test_a_paper_is_for_the_version_that_was_printed(planned):
    walk = planned
    record(walk)
    with walk.as_(walk.doctor) as work:
        plans.change_plan(work, walk.case_id, plan=walk.plan | {"summary": "换了一种说法。"})
    with pytest.raises(Conflict):
        confirm(walk)
    assert walk.state == "planning"


def test_a_paper_that_is_refused_leaves_the_family_asked_as_before(planned):
    walk = planned
    record(walk)
    with pytest.raises(NotNow, match="已经登记"):
        record(walk)
    (task,) = walk.open_tasks("witness")
    with walk.as_(walk.district.second_doctor) as work:
        paper_signatures.refuse_paper_signature(work, task.id)
    assert (walk.state, [each.stands for each in signed_on(walk)]) == ("planning", [False])
    walk.agree()
    assert walk.state == "active"


def test_a_confirmation_written_by_sql_counts_for_nothing(planned):
    walk = planned
    record(walk)
    with walk.as_(walk.mother) as work:
        public, private = work.keys.new_signing_key(walk.mother.user_id)
        row = work.session.scalar(select(Signature))
        forged = work.keys.sign(walk.mother.user_id, private, row.statement)
        work.session.execute(
            text(
                "UPDATE paper_signature SET second_witness_id = :who, second_signature = :signed, "
                "second_public_key = :key, confirmed_at = :at"
            ),
            {
                "who": walk.district.second_doctor.user_id.bytes,
                "signed": forged,
                "key": public,
                "at": "2026-11-23 02:00:00.000000",
            },
        )
    with pytest.raises(IntegrityError), walk.work_as(walk.doctor, writing=False) as work:
        signatures_of(work, find_child(work, walk.child.id), [row.entry_id])


def test_a_family_closes_on_paper_and_the_summary_says_how(planned):
    walk = planned
    walk.agree()
    walk.support()
    walk.consolidate()
    walk.propose_closure()
    walk.confirm_in_class()
    record(walk, signer=PaperSigner("样本甲的妈妈", "mother", walk.clock.now.date(), walk.mother.user_id))
    confirm(walk)
    assert walk.state == "resolved"
    with walk.work_as(walk.doctor, writing=False) as work:
        paper = from_record.DOCUMENTS["closing_summary"](work, find_child(work, walk.child.id), walk.case_id)
    assert (paper.signatures[-1].who, paper.signatures[-1].level) == ("样本甲的妈妈", "纸质签名·当面见证")


def test_two_doctors_do_it_on_their_pages(planned, installation):
    walk = planned
    first = Browser(client_of(installation, walk.doctor))
    page = f"/cases/{walk.case_id}/paper"
    assert f'href="{page}"' in first.open(f"/cases/{walk.case_id}")
    form = first.form(first.open(page), page)
    filled = form | {"guardian": [str(walk.mother.user_id)], "seen": ["yes"], "pin": [PIN], "signed_on": ["2026-11-23"]}
    assert first.client.post(page, data=filled).status_code == 422, "no scan yet"
    scan = {"file": (BytesIO(SCAN.content), SCAN.name)}
    sent = first.client.post(page, data={**filled, **scan}, content_type="multipart/form-data")
    assert sent.status_code == 303, sent.get_data(as_text=True)[-1500:]
    with walk.work_as(None, writing=False) as work:
        task = work.session.scalar(select(Task).where(Task.kind == "witness"))
    path = f"/papers/signatures/{task.id}"
    assert "要由另一位在场的同事确认" in first.open(path)
    second = Browser(client_of(installation, walk.district.second_doctor))
    assert f'href="{path}"' in second.open("/today")
    with statements(installation) as seen:
        asked = second.open(path)
    assert len(seen) <= 8, "\n".join(each[:90] for each in seen)
    assert "样本甲的妈妈（妈妈）" in asked
    assert "纸质签名·当面见证" in asked
    assert second.send(path, how="confirm", pin=SECOND_PIN).status_code == 303
    assert walk.state == "active"
    mother = Browser(client_of(installation, walk.mother))
    assert "纸质签名·当面见证" in mother.open(f"/home/{walk.child.id}/signed")

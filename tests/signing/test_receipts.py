"""Receipts of real signatures: the file, the sheet, and who may have them."""

import json
from dataclasses import replace

import pytest

from mengya_health.care import closing
from mengya_health.config import Settings
from mengya_health.errors import NotFound
from mengya_health.handouts import from_record
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.queries import open_handout
from mengya_health.handouts.render import render_document
from mengya_health.operations.checkpointing import take_checkpoint
from mengya_health.people.queries import find_child
from mengya_health.signing.agreement import signing_agreement
from mengya_health.signing.queries import own_signatures
from mengya_health.signing.receipts import receipt_of
from mengya_health.worker import run_job
from tests.care.walking import STORIES, Walk
from tests.factories import client_of
from tests.signing.test_verify_receipt import run
from tests.web.browsing import Browser


def first_signature(walk, actor):
    with walk.work_as(actor, writing=False) as work:
        return own_signatures(work, find_child(work, walk.child.id))[-1]


def fields_of(walk, actor, signature_id) -> dict:
    with walk.work_as(actor, writing=False) as work:
        return receipt_of(work, find_child(work, walk.child.id), signature_id).fields


@pytest.fixture
def settings(settings: Settings, database: str) -> Settings:
    """Both profiles, one on each database: SM3 on PostgreSQL."""
    return replace(settings, suite=0x11) if database == "postgresql" else settings


def test_a_receipt_holds_before_and_after_a_checkpoint_and_says_what_was_taken_back(walk, tmp_path):
    """S-31: what the program hands out is what the script takes."""
    walk.agree()
    signed = first_signature(walk, walk.mother)
    early = fields_of(walk, walk.mother, signed.id)
    log_key = early["log_key"]
    assert run(tmp_path, early, "--log-key", log_key).returncode == 2
    take_checkpoint(walk.installation)
    whole = run(tmp_path, fields_of(walk, walk.mother, signed.id), "--log-key", log_key)
    assert (whole.returncode, whole.stderr) == (0, ""), whole.stdout
    assert "电子签名·系统代管密钥" in whole.stdout
    text = json.dumps(early, ensure_ascii=False)
    assert not any(word in text for word in (walk.child.name, walk.plan["summary"], "妈妈"))


class TestOnOne:
    """What needs no second database."""

    @pytest.fixture(params=["sqlite"])
    def database(self, request) -> str:
        return request.param

    def test_a_closing_signature_taken_back_raises_a_concern_and_travels_on(
        self, installation, work_as, clock, district, tmp_path
    ):
        walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
        for step in (walk.open, walk.flag, walk.make_plan, walk.agree, walk.support, walk.consolidate):
            if step == walk.open:
                walk.screen(walk.story.low)
            step()
        walk.propose_closure()
        walk.confirm_in_class()
        walk.confirm_closure()
        with walk.as_(walk.mother) as work:
            signed = own_signatures(work, find_child(work, walk.child.id))[0]
            concern = closing.withdraw_closing(work, walk.case_id, reason="还想再看看")
            assert concern.kind == "concern"
        take_checkpoint(installation)
        receipt = fields_of(walk, walk.mother, signed.id)
        told = run(tmp_path, receipt)
        assert (told.returncode, "已撤回" in told.stdout) == (0, True)
        hidden = {name: value for name, value in receipt.items() if name != "withdrawn_at"}
        assert run(tmp_path, hidden | {"events": receipt["events"][:1]}).returncode == 0, "the receipt of before"
        assert run(tmp_path, hidden).returncode == 1
        with walk.work_as(walk.mother, writing=False) as work:
            sheet = from_record.DOCUMENTS["signature_receipt"](work, find_child(work, walk.child.id), signed.id)
        assert sheet.withdrawn_at
        assert (sheet.what, sheet.who) == ("结案小结", "样本甲的妈妈（母亲）")
        teacher = first_signature(walk, walk.teacher)
        self.teacher_has_the_own_one(walk, teacher.id, signed.id)

    def teacher_has_the_own_one(self, walk, own_id, other_id):
        assert fields_of(walk, walk.teacher, own_id)["statement"]
        for actor, signature_id in ((walk.teacher, other_id), (walk.district.other_doctor, own_id)):
            with pytest.raises(NotFound):
                fields_of(walk, actor, signature_id)
        assert fields_of(walk, walk.doctor, other_id)["statement"], "the clinic's doctor keeps the child's papers"
        with walk.as_(walk.teacher) as work:
            handout = ask_for(work, find_child(work, walk.child.id), "signature_receipt", subject_id=own_id)
            handout_id, job_id = handout.id, handout.job_id
        run_job(walk.installation, job_id)
        with walk.as_(walk.teacher) as work:
            assert open_handout(work, handout_id).startswith(b"%PDF")

    def test_a_family_takes_file_sheet_and_script_from_what_it_signed(self, walk, installation):
        walk.agree()
        signed = first_signature(walk, walk.mother)
        browser = Browser(client_of(installation, walk.mother))
        page = f"/children/{walk.child.id}/signatures/{signed.id}"
        assert f'href="{page}"' in browser.open(f"/home/{walk.child.id}/signed")
        shown = browser.open(page)
        assert "核对材料还没齐，过一刻钟再取一次" in shown
        assert "电子签名·系统代管密钥" in shown
        take_checkpoint(installation)
        assert "材料齐了，可以完整核对" in browser.open(page)
        file = browser.client.get(f"{page}.json")
        assert "attachment" in file.headers["Content-Disposition"]
        assert file.get_json()["checkpoint"].startswith("mengya_health/")
        assert browser.send(page).status_code == 303
        assert "纸面回执正在生成" in browser.open(page)
        script = client_of(installation, walk.mother).get("/receipts/verify_receipt.py")
        assert script.data.startswith(b"#!/usr/bin/env python3")
        with walk.work_as(walk.mother, writing=False) as work:
            sheet = from_record.DOCUMENTS["signature_receipt"](work, find_child(work, walk.child.id), signed.id)
        assert render_document("signature_receipt", sheet).pages == 1
        assert sheet.agreement_version == signing_agreement().version

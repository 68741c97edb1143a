"""S-17: data keys and the suite change while people read and write."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, func, select

from mengya_health.care.commands import open_case
from mengya_health.care.models import Case, CaseStep
from mengya_health.care.queries import cases_of, open_case_on
from mengya_health.crypto.models import Dek, WrappingKey
from mengya_health.db import made_at, new_id
from mengya_health.errors import NotFound
from mengya_health.history.models import HistoryEvent
from mengya_health.operations import rekeying
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.operations.sealed_columns import SEALED
from mengya_health.operations.upgrading import metadata
from mengya_health.people.models import Child
from mengya_health.people.queries import find_child
from mengya_health.record.attachments import open_attachment
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Revision
from mengya_health.record.queries import timeline
from tests.factories import a_child
from tests.keys.erased import FILE, a_family, faults_of

# Columns of bytes that hold no envelope: hashes, MACs, seals, statements and public keys, and ids.
OPEN_BYTES = {
    "case.pathway_tag", "child_index.unique_value", "child_index.value", "consent.text_digest", "history_event.event",
    "history_event.hash", "history_event.prev", "history_event.commit", "history_head.hash", "revision.commit",
    "idempotency.body_mac", "invitation.code_hash", "signature.nonce", "signature.public_key", "signature.signature",
    "signature.statement", "throttle.key", "user.login_index", "user.signing_public", "user_session.token_hash",
    "bound_phone.token_hash", "approval.terms", "attachment.commit", "audit_leaf.hash", "checkpoint.hash",
    "export.figures", "export.file_hash",  # what was published
    "checkpoint.note", "checkpoint.root", "passkey.credential_id", "passkey.public_key",
    "passkey_challenge.challenge_hash", "passkey_challenge.statement", "signature.authenticator_data",
    "signature.client_data", "signature.credential_id", "tree_node.hash", "account_token.token_hash", "decoy.tag",
    "referral_link.token_hash", "referral_link.browser_hash",
    "mandatory_report.commit", "report_note.commit",
    "spare_code.code_hash", "paper_signature.second_public_key", "paper_signature.second_signature",
}  # fmt: skip


def a_case(installation, district):
    """Return the doctor and a child with an entry and a case."""
    with begin_work(installation, district.doctor) as work:
        child = a_child(work, district)
        record_entry(work, child, section="health", kind="advice", content={"text": "一"}, happened_on=work.today)
        open_case(work, child.id, pathway_id=pathway(work))
    return district, child


def pathway(work) -> str:
    return next(iter(work.content.pathways))


def seen(installation, district, child) -> tuple:
    """Open everything there is of a child as its doctor does."""
    with begin_work(installation, district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        texts = [entry.content["text"] for entry in timeline(work, found, limit=500)]
        return found.name, sorted(texts), [case.pathway_id for case in cases_of(work, found)]


def key_ids(installation, child_id) -> set[bytes]:
    with begin_work(installation, None, writing=False) as work:
        return {
            key_id
            for column in SEALED
            for key_id in work.session.scalars(
                select(column.key_id).where(column.table.c[column.subject_id] == child_id, column.envelope.is_not(None))
            )
        }


@pytest.mark.parametrize("database", ["sqlite"])
def test_every_column_of_bytes_is_known_as_sealed_or_open(installation):
    """A new sealed column that a change of keys forgot would be lost with the old key."""
    of_bytes = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        if type(column.type) is LargeBinary and column.name != "seal"
    }
    sealed = {f"{column.table_name}.{column.column_name}" for column in SEALED} | {"attachment_segment.body"}
    assert of_bytes == sealed | OPEN_BYTES
    assert not sealed & OPEN_BYTES


def test_the_suite_of_everything_changes_under_readers_and_writers(installation, settings, clock, content, district):
    """S-17: no read fails meanwhile, and afterwards not one envelope is of the old suite."""
    district, child = a_case(installation, district)
    running = open_installation(settings, now=clock, content=content, environ={})
    failed, stop, written = [], threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            try:
                seen(running, district, child)
            except Exception as error:  # noqa: BLE001 every failure counts
                failed.append(error)

    def write() -> None:
        while not stop.is_set():
            try:
                with begin_work(running, district.doctor) as work:
                    text = {"text": f"第{len(written) + 1}条"}
                    found = find_child(work, child.id)
                    record_entry(work, found, section="health", kind="advice", content=text, happened_on=work.today)
                written.append(text["text"])
            except Exception as error:  # noqa: BLE001 every failure counts
                failed.append(error)
            stop.wait(0.02)

    people = [threading.Thread(target=act) for act in (read, write)]
    for each in people:
        each.start()
    try:
        rekeying.rekey_all(installation, 0x11)
    finally:
        stop.set()
        for each in people:
            each.join()
    assert failed == []
    assert written
    rekeying.rekey_all(installation, 0x11)  # what the last writer began before its key changed
    assert set(rekeying.envelopes_by_suite(installation)) == {0x11}
    with installation.keystore.reading() as connection:
        wraps = [*connection.scalars(select(Dek.wrapped)), *connection.scalars(select(WrappingKey.wrapped))]
    assert {wrapped[3] for wrapped in wraps} == {0x11}
    assert rekeying.rekey_all(installation, 0x11) == 0
    assert faults_of(installation) == []
    anew = open_installation(settings, now=clock, content=content, environ={})
    for place in (running, anew):
        name, texts, cases = seen(place, district, child)
        assert (name, texts) == (child.name, sorted(["一", *written]))
        assert len(cases) == 1
    with begin_work(running, district.doctor) as work:  # the running app makes new children's keys of the new suite
        a_child(work, district, name="样本乙")
    assert set(rekeying.envelopes_by_suite(installation)) == {0x11}
    running.close()
    anew.close()


def test_a_child_with_new_keys_reads_as_before_and_its_history_holds(installation, district):
    """The commitments of revisions stay; where the history repeats an envelope's hash, it says the new one."""
    district, child = a_case(installation, district)
    other = a_child_more(installation, district)
    before, commits = seen(installation, district, child), commits_of(installation, child.id)
    keys, others = key_ids(installation, child.id), key_ids(installation, other.id)
    assert rekeying.rekey_child(installation, child.id) > 0
    assert not key_ids(installation, child.id) & keys
    assert key_ids(installation, other.id) == others
    assert seen(installation, district, child) == before
    assert commits_of(installation, child.id) == commits
    assert faults_of(installation) == []
    with begin_work(installation, district.doctor) as work:
        row = work.session.get(Child, child.id)
        steps = work.session.scalars(select(CaseStep).where(CaseStep.child_id == child.id)).all()
        for record in (row, *steps):
            events = select(HistoryEvent).where(HistoryEvent.rec == record.id)
            newest = work.session.scalar(events.order_by(HistoryEvent.child_seq.desc()).limit(1))
            assert newest.commit == work.keys.digest(record.body)
        found = find_child(work, child.id)
        case = work.session.scalar(select(Case).where(Case.child_id == child.id))
        assert case.pathway_tag == work.keys.tag_pathway(child.id, pathway(work))
        assert open_case_on(work, found, pathway(work)).id == case.id
    with pytest.raises(NotFound):
        rekeying.rekey_child(installation, new_id())


def test_a_case_is_found_while_its_tag_is_still_of_the_old_key(installation, district):
    district, child = a_case(installation, district)
    installation.keystore.renew_keys_of(child.id, ["health"])  # and then the run was killed
    with begin_work(installation, district.doctor) as work:
        assert open_case_on(work, find_child(work, child.id), pathway(work)) is not None
    assert seen(installation, district, child)[0] == child.name


def test_an_old_key_is_removed_a_day_later_and_only_when_it_seals_nothing(installation, district):
    district, child = a_case(installation, district)
    installation.keystore.renew_keys_of(child.id, ["health", "special"])

    def after(**time) -> int:
        return rekeying.remove_unused_keys(replace(installation, now=lambda: made_at(new_id()) + timedelta(**time)))

    assert after(hours=23) == 0
    assert after(hours=25) == 1  # special: nothing was ever sealed with it
    assert seen(installation, district, child)[1] == ["一"]
    rekeying.rekey_child(installation, child.id)
    after(hours=25)
    with installation.keystore.reading() as connection:
        of_child = select(func.count()).select_from(Dek).where(Dek.subject_id == child.id)
        assert connection.scalar(of_child) == 5
    assert seen(installation, district, child)[1] == ["一"]


def test_a_file_is_sealed_again_with_the_record_it_belongs_to(installation, district):
    family = a_family(installation, district)
    before = key_ids(installation, family.child.id)
    rekeying.rekey_child(installation, family.child.id)
    assert not key_ids(installation, family.child.id) & before
    with begin_work(installation, family.guardian, writing=False) as work:
        file = open_attachment(work, find_child(work, family.child.id), family.attachment_id)
    assert (file.name, file.content) == ("单据.pdf", FILE)


def a_child_more(installation, district):
    with begin_work(installation, district.doctor) as work:
        return a_child(work, district, name="样本丙")


def commits_of(installation, child_id) -> list[bytes]:
    with begin_work(installation, None, writing=False) as work:
        return list(work.session.scalars(select(Revision.commit).where(Revision.child_id == child_id)))

"""Files beside entries: sealed, allowed, checked and whole. Security rows S-03 and S-16."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from mengya_health.access.permissions import Permission
from mengya_health.audit import AuditEvent
from mengya_health.errors import IntegrityError, NotFound, NotNow, NotPermitted
from mengya_health.people.queries import find_child
from mengya_health.record import attachments
from mengya_health.record.attachments import attach_to_entry, attachments_of, open_attachment, store_attachment
from mengya_health.record.commands import record_entry
from mengya_health.record.files import CleanFile
from mengya_health.record.models import Attachment, AttachmentSegment
from mengya_health.record.queries import find_entry
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import refuse_consent
from tests.factories import a_guardian

SCAN = CleanFile("专科回执.pdf", "PDF", bytes(range(256)) * 1024)  # four segments
SEALED = {"body", "start", "commit"}  # the columns of attachment and segment that hold ciphertext and digests
PHOTO = CleanFile("IMG_1.jpg", "JPEG", b"\xff\xd8\xff a photo")


@pytest.fixture
def child(register, district):
    return register("P1", "P2", group_id=district.group_id)


def written(work, child, section, kind):
    """Write an entry and return it as it is read."""
    entry = record_entry(work, child, section=section, kind=kind, content={"text": "样本"}, happened_on=work.today)
    work.session.flush()
    return find_entry(work, child, entry.id)


@pytest.fixture
def scan(work_as, district, child):
    """A scan beside a piece of advice of the doctor's."""
    with work_as(district.doctor) as work:
        entry = written(work, find_child(work, child.id), "health", "advice")
        return attach_to_entry(work, find_child(work, child.id), entry, SCAN)


def opened(work_as, actor, child, attachment_id):
    with work_as(actor, writing=False) as work:
        return open_attachment(work, find_child(work, child.id), attachment_id)


def test_a_file_comes_back_as_it_was_kept_and_its_reading_is_noted(work_as, district, child, scan):
    file = opened(work_as, district.second_doctor, child, scan.id)
    assert (file.name, file.content) == (SCAN.name, SCAN.content)
    with work_as(district.doctor, writing=False) as work:
        (facts,) = attachments_of(work, find_child(work, child.id), [scan.subject_id])[scan.subject_id]
        assert (facts.name, facts.kind, facts.size, facts.commit) == (SCAN.name, "PDF", len(SCAN.content), scan.commit)
        noted = select(AuditEvent.action, AuditEvent.user_id).where(AuditEvent.record_id == scan.id)
        assert set(work.session.execute(noted)) == {
            ("C", district.doctor.user_id),
            ("R", district.second_doctor.user_id),
        }


def test_nothing_of_name_kind_or_bytes_lies_readable(owner, child, scan):
    """What is long enough is sought in every byte that is stored; three letters come up in so many by chance.

    They are sought in every column that is not sealed, and in the sealed ones as they stand in what was sealed.
    """
    tables, rows = (Attachment.__table__, AttachmentSegment.__table__), []
    with owner.connect() as connection:
        for table in tables:
            rows += connection.execute(select(table)).mappings()
    assert len(rows) == 1 + 4
    assert sum(column.name in SEALED for table in tables for column in table.columns) == 4
    sealed = b"".join(bytes(value) for row in rows for name, value in row.items() if name in SEALED)
    readable = "\n".join(str(value) for row in rows for name, value in row.items() if name not in SEALED)
    assert len(sealed) > len(SCAN.content)
    assert all(word not in readable for word in ("专科回执", "PDF", "pdf"))
    pieces = {SCAN.content[start : start + 16] for start in range(256)}  # they come again after that
    assert all(piece not in sealed for piece in ("专科回执".encode(), b'"PDF"', b"application/pdf", *pieces))


# What somebody who writes to the database can do to one file, and what of another they have.
SPOILING = {
    "the last segment is cut off": "DELETE FROM attachment_segment WHERE attachment_id = :id AND \"index\" = 3",
    "a segment is cut in the middle":
        "UPDATE attachment_segment SET body = substr(body, 1, 1000) WHERE attachment_id = :id AND \"index\" = 3",
    "two segments are swapped":
        "UPDATE attachment_segment SET \"index\" = 9 - \"index\" WHERE attachment_id = :id AND \"index\" IN (0, 1)",
    "a segment is another file's":
        "UPDATE attachment_segment SET body = (SELECT body FROM attachment_segment WHERE attachment_id = :other "
        "AND \"index\" = 1) WHERE attachment_id = :id AND \"index\" = 1",
    "the start is another file's":
        "UPDATE attachment SET start = (SELECT start FROM attachment WHERE id = :other) WHERE id = :id",
    "what is said of it is another file's":
        "UPDATE attachment SET body = (SELECT body FROM attachment WHERE id = :other) WHERE id = :id",
    "it is another file throughout":
        "UPDATE attachment SET body = (SELECT body FROM attachment WHERE id = :other), "
        "\"commit\" = (SELECT \"commit\" FROM attachment WHERE id = :other), "
        "start = (SELECT start FROM attachment WHERE id = :other) WHERE id = :id",
    "its section is another": "UPDATE attachment SET section = 'family' WHERE id = :id",
    "its commitment is another's":
        "UPDATE attachment SET \"commit\" = (SELECT \"commit\" FROM attachment WHERE id = :other) WHERE id = :id",
}  # fmt: skip


def test_a_file_that_was_tampered_with_is_not_handed_out(work_as, owner, district, child, scan):
    """S-03, S-16."""

    def kept():
        with work_as(district.doctor) as work:
            found = find_child(work, child.id)
            return store_attachment(work, found, section="health", file=SCAN, subject_id=scan.subject_id).id

    for how, statement in SPOILING.items():
        spoilt = kept()
        with owner.begin() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            ids = {"id": spoilt, "other": scan.id}
            connection.execute(text(statement), {name: id.bytes if is_sqlite else id for name, id in ids.items()})
        with pytest.raises(IntegrityError):
            assert opened(work_as, district.doctor, child, spoilt) is None, how
    assert opened(work_as, district.doctor, child, scan.id).content == SCAN.content


def test_a_file_moved_to_another_child_does_not_open(work_as, owner, district, register, child, scan):
    """S-03."""
    other = register("P1", name="样本乙", contacts=[])
    with owner.begin() as connection:
        connection.execute(update(Attachment).values(child_id=other.id))
        connection.execute(update(AttachmentSegment).values(child_id=other.id))
    with pytest.raises(IntegrityError):
        opened(work_as, district.doctor, other, scan.id)
    with pytest.raises(NotFound):
        opened(work_as, district.doctor, child, scan.id)


def test_only_who_reads_the_section_opens_its_files(installation, work_as, district, child, scan):
    mother = a_guardian(installation, district, child)
    assert opened(work_as, mother, child, scan.id).content == SCAN.content
    with pytest.raises(NotPermitted):
        opened(work_as, district.teacher, child, scan.id)
    for stranger in (district.other_doctor, district.other_teacher, district.specialist):
        with pytest.raises(NotFound):
            opened(work_as, stranger, child, scan.id)
    with pytest.raises(NotFound):
        opened(work_as, district.doctor, child, uuid4())
    with work_as(district.teacher, writing=False) as work:
        assert attachments_of(work, find_child(work, child.id), [scan.subject_id]) == {}


def test_only_who_writes_the_section_adds_files(installation, work_as, district, child, scan):
    mother = a_guardian(installation, district, child)
    for actor in (district.teacher, mother):
        with pytest.raises(NotPermitted), work_as(actor) as work:
            store_attachment(work, find_child(work, child.id), section="health", file=SCAN, subject_id=scan.subject_id)
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        store_attachment(work, find_child(work, child.id), section="special", file=SCAN, subject_id=scan.subject_id)


def test_a_special_file_opens_for_its_author_and_for_whom_a_permission_names(work_as, district, child):
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        special = store_attachment(
            work, found, section="special", file=SCAN, subject_id=uuid4(), permission=Permission.KEEP_CHILD
        )
    assert opened(work_as, district.doctor, child, special.id).content == SCAN.content
    with pytest.raises(NotFound):
        opened(work_as, district.second_doctor, child, special.id)
    with work_as(district.second_doctor, writing=False) as work:
        found = find_child(work, child.id)
        assert open_attachment(work, found, special.id, permission=Permission.KEEP_CHILD).content == SCAN.content
        assert attachments_of(work, found, [special.subject_id]) == {}


def test_a_photo_of_a_child_is_kept_under_its_own_consent_only(installation, work_as, district, register):
    for consents in (("P1", "P2"), ("P1", "P2", "P5")):
        child = register(*consents, group_id=district.group_id, name=f"样本{len(consents)}", contacts=[])
        mother = a_guardian(installation, district, child)
        for actor, section, kind in ((district.teacher, "behaviour", "observation"), (mother, "family", "home_record")):
            with work_as(actor) as work:
                entry = written(work, find_child(work, child.id), section, kind)
            with work_as(actor) as work:  # a paper is no photo
                assert attach_to_entry(work, find_child(work, child.id), entry, SCAN).section == section
            if "P5" in consents:
                with work_as(actor) as work:
                    attach_to_entry(work, find_child(work, child.id), entry, PHOTO)
                continue
            with pytest.raises(NotNow, match="照片和视频") as refused, work_as(actor) as work:
                attach_to_entry(work, find_child(work, child.id), entry, PHOTO)
            assert "consent" in refused.value.en


def test_one_person_sends_so_much_in_a_day_and_no_more(work_as, district, child, scan, clock, monkeypatch):
    """S-60: 200 files or 500 MB."""
    assert (attachments.MOST_FILES, attachments.MOST_BYTES) == (200, 500 * 1024 * 1024)

    def send(actor):
        with work_as(actor) as work:
            store_attachment(work, find_child(work, child.id), section="health", file=SCAN, subject_id=scan.subject_id)

    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    send(district.doctor)
    with pytest.raises(NotNow, match="上限"):
        send(district.doctor)
    send(district.second_doctor)
    monkeypatch.setattr(attachments, "MOST_FILES", 200)
    monkeypatch.setattr(attachments, "MOST_BYTES", 3 * len(SCAN.content) - 1)
    with pytest.raises(NotNow, match="上限"):
        send(district.doctor)
    clock.forward(days=1)
    send(district.doctor)


def test_without_consent_to_the_record_not_even_its_author_opens_a_file(installation, work_as, district, child, scan):
    """S-45: as with entries; a guardian who said no to the record keeps what they sent to themselves."""
    mother, father = (a_guardian(installation, district, child) for _ in range(2))
    with work_as(mother) as work:
        found = find_child(work, child.id)
        hers = attach_to_entry(work, found, written(work, found, "family", "home_record"), SCAN)
    assert opened(work_as, father, child, hers.id).content == SCAN.content
    with work_as(mother) as work:
        refuse_consent(work, find_child(work, child.id), "P1", shown_digest=text_digest(work, "P1"))
    with pytest.raises(NotPermitted):
        opened(work_as, district.doctor, child, scan.id)
    with pytest.raises(NotPermitted):
        opened(work_as, father, child, hers.id)
    with work_as(father, writing=False) as work:
        assert attachments_of(work, find_child(work, child.id), [hers.subject_id]) == {}
    assert opened(work_as, mother, child, hers.id).content == SCAN.content

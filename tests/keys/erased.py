"""A child with something in every section, another beside it, and the steps that delete one."""

from dataclasses import dataclass

from sqlalchemy import select

from mengya_health.access.actor import Actor
from mengya_health.crypto.models import Dek
from mengya_health.db import new_id
from mengya_health.handouts.models import Handout
from mengya_health.jobs import Job
from mengya_health.operations import erasing
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.operations.upgrading import metadata
from mengya_health.operations.verifying import verify_files
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.attachments import attach_to_entry
from mengya_health.record.commands import record_entry
from mengya_health.record.files import CleanFile
from mengya_health.record.queries import find_entry
from mengya_health.worker import run_job
from tests.factories import PIN, District, a_child, a_guardian

ID_NO, PHONE = "11010520251120002X", "13800138000"
FILE = b"%PDF-1.7 " + b"x" * 70_000  # two segments


@dataclass(frozen=True)
class Family:
    """A record with a word in each section, and who wrote them."""

    district: District
    child: ChildFacts
    other: ChildFacts
    guardian: Actor
    entries: dict  # section: id
    attachment_id: object
    handout_id: object


def a_family(installation: Installation, district: District) -> Family:
    with begin_work(installation, district.doctor) as work:
        child = a_child(work, district, id_no=ID_NO)
        other = a_child(work, district, name="样本乙")
    guardian = a_guardian(installation, district, child)
    writers = {"health": (district.doctor, "advice"), "behaviour": (district.teacher, "observation")}
    writers["family"] = (guardian, "home_record")
    entries, attachment_id = {}, None
    for section, (actor, kind) in writers.items():
        for each in (other, child) if section != "family" else (child,):
            with begin_work(installation, actor) as work:
                found = find_child(work, each.id)
                content = {"text": f"{section} 的一句"} if kind == "advice" else {"note": f"{section} 的一句"}
                entry = record_entry(work, found, section=section, kind=kind, content=content, happened_on=work.today)
                entries[section] = entry.id
    with begin_work(installation, guardian) as work:
        found = find_child(work, child.id)
        file = CleanFile("单据.pdf", "PDF", FILE)
        attachment_id = attach_to_entry(work, found, find_entry(work, found, entries["family"]), file).id
    with begin_work(installation, district.doctor) as work:
        paper = Handout(
            id=new_id(),
            child_id=child.id,
            document="record_summary",
            job_id=new_id(),
            asked_by=district.doctor.user_id,
            asked_role="doctor",
            asked_at=work.now,
            pages=1,
        )
        paper.pdf = work.keys.seal_file("handout", paper.id, child.id, "health", b"%PDF-1.7", "pdf")
        work.session.add(paper)
    return Family(district, child, other, guardian, entries, attachment_id, paper.id)


def asked(installation: Installation, family: Family, scope: str):
    with begin_work(installation, family.guardian) as work:
        return erasing.ask_erasure(work, find_child(work, family.child.id), scope=scope, pin=PIN).id


def approved(installation: Installation, family: Family, scope: str):
    """Ask, propose and approve; return the id of the erasure and of its job."""
    erasure_id = asked(installation, family, scope)
    with begin_work(installation, family.district.doctor) as work:
        erasing.propose_erasure(work, find_child(work, family.child.id))
    with begin_work(installation, family.district.security_officer) as work:
        erasing.approve_erasure(work, erasure_id)
    with begin_work(installation, None, writing=False) as work:
        return erasure_id, work.session.scalar(select(Job.id).where(Job.subject_id == erasure_id))


def erased(installation: Installation, family: Family, scope: str):
    """Delete, through to the end; return the id of the erasure."""
    erasure_id, job_id = approved(installation, family, scope)
    run_job(installation, job_id)
    return erasure_id


def faults_of(installation: Installation) -> list:
    """Return what `mengya verify` finds, with keys and without."""
    settings = installation.settings
    with_keys = verify_files(installation.engine, settings, keystore=installation.keystore)
    without = verify_files(installation.engine, settings, keystore=None)
    return [str(fault) for fault in (*with_keys.faults, *without.faults)]


def rows_of(installation: Installation, child_id) -> dict:
    """Return every row of a child in both databases."""
    found = {}
    with installation.engine.connect() as connection:
        for table in metadata().tables.values():
            column = table.c.get("child_id") if table.name != "child" else table.c.id
            if column is not None:
                rows = connection.execute(select(table).where(column == child_id).order_by(*table.primary_key))
                found[table.name] = rows.all()
    with installation.keystore.reading() as connection:
        keys = select(Dek.__table__).where(Dek.subject_id == child_id).order_by(Dek.id)
        found["dek"] = connection.execute(keys).all()
    return found

"""`mengya import`: take children with measurements from a file, all or nothing.

Which columns a file may have stands in `import_lines`. Children are known again by the clinic's own number, through a
keyed index: a second import of the same file adds nothing, and a value that differs from the record is reported, never
written over it. Every measurement becomes an entry of the health section, judged by WS/T 423—2022 with WHO beside it.
What cannot wait is asked about and named by its line (`import_urgent`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.db import new_id
from mengya_health.errors import NotPermitted
from mengya_health.operations.import_lines import NAMES, ImportedChild, Line, read_children
from mengya_health.operations.import_matching import Plan, group_ids, known_ids, match
from mengya_health.operations.import_table import Problem, read_table
from mengya_health.operations.import_urgent import record_line
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.people.commands import register_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.screening.commands import plan_first_visits
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import give_consent

RECORD = "P1"
NEEDS_PAPER = (
    "新来的孩子要先有家长的建档同意（P1）。纸质同意书收齐后，加上 --paper-consent 再导入。 "
    "New children need consent to the record (P1): once it is signed on paper, import with --paper-consent."
)


@dataclass(frozen=True)
class ImportReport:
    """What an import added, or would add in a dry run. With problems nothing was added.

    `unchanged` counts measurements that were on record already; `known` children that were. A dry run opens no record:
    it does not compare known children, whose measurements `unchanged` then leaves out. `urgent` has a line for each
    child with a value that may not wait.
    """

    children_added: int = 0
    measurements_added: int = 0
    unchanged: int = 0
    known: int = 0
    is_dry_run: bool = False
    problems: tuple[Problem, ...] = ()
    urgent: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        """Return the sum of it in one line, Chinese then English."""
        if self.problems:
            count = len(self.problems)
            return f"有 {count} 处要改，什么都没有写入。 {count} problem(s); nothing was written."
        if self.is_dry_run:
            return (
                f"可以导入：新建 {self.children_added} 名儿童，{self.measurements_added} 次测量；"
                f"{self.known} 名已在档，正式导入时逐项核对。没有写入任何内容。 "
                f"Would add {self.children_added} children and {self.measurements_added} measurements; nothing written."
            )
        return (
            f"新建 {self.children_added} 名儿童，{self.measurements_added} 次测量；{self.known} 名已在档，"
            f"{self.unchanged} 次测量没有变化。 "
            f"Added {self.children_added} children and {self.measurements_added} measurements; "
            f"{self.unchanged} were on record already."
        )


def import_children(
    work,
    path: Path,
    *,
    clinic_id: UUID,
    measured_on: date | None = None,
    paper_consent: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Take the children of a CSV or XLSX file into a clinic's care, with their measurements; return what came of it.

    `measured_on` (today) is the day of lines that name none. `paper_consent`: the actor has seen the guardians' signed
    consent to the record (P1) of every new child; without it a file with new children is refused. A dry run reads the
    file and the index, and writes nothing. `progress` is called with children done and in all.
    Raises Invalid for a file that cannot be read, NotPermitted unless the actor is a doctor of the clinic.
    """
    require(work.actor, Permission.REGISTER_CHILD, PlaceSubject(clinic_id))
    table = read_table(path, NAMES)
    children, problems = read_children(table, work.content, today=work.today, measured_on=measured_on or work.today)
    if dry_run:
        return _would_add(work, clinic_id, children, problems, paper_consent=paper_consent)
    plan = match(work, clinic_id, children)
    problems += plan.problems + _unconsented(plan.new, paper_consent=paper_consent)
    if problems:
        return ImportReport(known=len(plan.known), problems=_in_order(problems))
    urgent = _add(work, clinic_id, children, plan, progress or (lambda done, total: None))
    return ImportReport(
        children_added=len(plan.new),
        measurements_added=sum(map(len, plan.added.values())),
        unchanged=plan.unchanged,
        known=len(plan.known),
        urgent=_in_order(urgent),
    )


def import_as(
    installation: Installation,
    path: Path,
    *,
    login: str | None = None,
    measured_on: date | None = None,
    paper_consent: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Import in the name of a doctor, for the first clinic at which they are one.

    Whoever can run this holds the keyring's passphrase already, so no password is asked; what the account may do now
    is checked by its sealed rows, and everything written and audited carries its name. Raises NotPermitted for an
    account that is closed or no doctor's, and what `import_children` raises.
    """
    with begin_work(installation, None, writing=False) as work:
        actor = actor_of_login(work, login)
    clinics = [place.organisation_id for place in actor.places_as("doctor")]
    if not clinics:
        raise NotPermitted("导入要用门诊医生的账号。", "Import in the name of a doctor of the clinic.")
    with begin_work(installation, actor, writing=not dry_run) as work:
        return import_children(
            work,
            path,
            clinic_id=clinics[0],
            measured_on=measured_on,
            paper_consent=paper_consent,
            dry_run=dry_run,
            progress=progress,
        )


def _would_add(
    work, clinic_id: UUID, children: list[ImportedChild], problems: list[Problem], *, paper_consent: bool
) -> ImportReport:
    known = known_ids(work, clinic_id, [child.clinic_no for child in children])
    new = [child for child in children if child.clinic_no not in known]
    problems += group_ids(work, children)[1] + _unconsented(new, paper_consent=paper_consent)
    if problems:
        return ImportReport(known=len(known), is_dry_run=True, problems=_in_order(problems))
    return ImportReport(len(new), sum(len(child.lines) for child in new), known=len(known), is_dry_run=True)


def _unconsented(new: list[ImportedChild], *, paper_consent: bool) -> list[Problem]:
    return [] if paper_consent or not new else [Problem(new[0].number, "", NEEDS_PAPER)]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda each: (each.line, each.column)))


def _add(
    work, clinic_id: UUID, children: list[ImportedChild], plan: Plan, progress: Callable[[int, int], None]
) -> list[Problem]:
    """Write what is new; return the line of each child with a value that may not wait."""
    urgent = []
    ids = {child.clinic_no: new_id() for child in plan.new}
    work.keys.create_child_keys(ids.values())
    work.keys.load(ids.values())
    for done, child in enumerate(children, start=1):
        number = child.clinic_no
        facts = plan.known.get(number) or _register(work, clinic_id, child, ids[number], plan)
        if number in ids or plan.added[number]:
            urgent += _record(work, facts, plan.added[number])[:1]
        progress(done, len(children))
    return urgent


def _register(work, clinic_id: UUID, child: ImportedChild, child_id: UUID, plan: Plan) -> ChildFacts:
    facts = register_child(
        work,
        clinic_id=clinic_id,
        child_id=child_id,
        clinic_no=child.clinic_no,
        group_id=plan.groups.get(child.class_name),
        **child.identity,
    )
    give_consent(work, facts, RECORD, how="paper", shown_digest=text_digest(work, RECORD))
    return find_child(work, child_id)


def _record(work, facts: ChildFacts, lines: list[Line]) -> list[Problem]:
    """Write the lines of one child; return those with a value that may not wait, the newest measurement first."""
    newest_first = sorted(lines, key=lambda line: line.measurement.measured_on, reverse=True)
    noticed = [record_line(work, facts, line) for line in newest_first]
    work.session.flush()
    plan_first_visits(work, facts)
    return [each for each in noticed if each]

"""What of an imported file is on record already: children by the clinic's own number, measurements by their day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.operations.import_lines import COLUMN_OF, MEASURED, ImportedChild, Line
from mengya_health.operations.import_table import Problem
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import ChildIndex, Group, Organisation
from mengya_health.people.queries import find_children, identity_of
from mengya_health.people.search import require_lookups_left
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.queries import checks_of

NO_CONSENT = (
    "家长没有同意建档（P1）或已经收回，不能写入测量。 There is no consent (P1) to keep this child's record, or it was "
    "withdrawn."
)


@dataclass(frozen=True)
class Plan:
    """What an import would do. `added` are the lines with measurements that are new, by the clinic's own number."""

    new: list[ImportedChild]
    known: dict[str, ChildFacts]
    added: dict[str, list[Line]]
    unchanged: int
    groups: Mapping[str, UUID]
    problems: list[Problem] = field(default_factory=list)


def known_ids(work, clinic_id: UUID, numbers: Iterable[str]) -> dict[str, UUID]:
    """Return the ids of the clinic's children by the clinic's own numbers; opens nothing."""
    tags = {work.keys.index.clinic_number(number, clinic_id): number for number in numbers}
    found = select(ChildIndex.unique_value, ChildIndex.child_id).where(
        ChildIndex.kind == "clinic_no", ChildIndex.unique_value.in_(tags)
    )
    return {tags[tag]: child_id for tag, child_id in work.session.execute(found)}


def group_ids(work, children: Iterable[ImportedChild]) -> tuple[dict[str, UUID], list[Problem]]:
    """Return the classes named in a file, and a problem where there is none, or more than one, of that name."""
    wanted = {child.class_name: child.number for child in reversed(list(children)) if child.class_name}
    if not wanted:
        return {}, []
    found: dict[str, list[UUID]] = {}
    rows = select(Group.id, Group.name, Organisation.name).join(Organisation, Organisation.id == Group.organisation_id)
    for group_id, name, place in work.session.execute(rows):
        for written in (name, f"{place}/{name}"):
            found.setdefault(written, []).append(group_id)
    text = {
        0: "没有这个班级，请写成“园所/班级”。 There is no such class; write nursery/class.",
        2: "有不止一个同名的班级，请写成“园所/班级”。 Several classes have this name; write nursery/class.",
    }
    problems = [
        Problem(number, "class", text[min(len(found.get(name, ())), 2)])
        for name, number in wanted.items()
        if len(found.get(name, ())) != 1
    ]
    return {name: found[name][0] for name in wanted if len(found.get(name, ())) == 1}, problems


def match(work, clinic_id: UUID, children: list[ImportedChild]) -> Plan:
    """Return what is new and what is there already. Reads known children; that is audited like any reading."""
    ids = known_ids(work, clinic_id, [child.clinic_no for child in children])
    seen = find_children(work, ids.values())
    known = {number: seen[child_id] for number, child_id in ids.items() if child_id in seen}
    groups, problems = group_ids(work, children)
    plan = Plan([child for child in children if child.clinic_no not in ids], known, {}, 0, groups, problems)
    problems += _hidden(children, ids, known) + _known_id_numbers(work, plan.new)
    for child in children:
        facts = known.get(child.clinic_no)
        if facts is None:
            plan.added[child.clinic_no], unchanged = child.lines, child.repeated
        else:
            added, unchanged, found = _compare(work, facts, child, groups)
            plan.added[child.clinic_no] = added
            problems += found
        plan = replace(plan, unchanged=plan.unchanged + unchanged)
    return plan


def _hidden(children: list[ImportedChild], ids: Mapping[str, UUID], known: Mapping[str, ChildFacts]) -> list[Problem]:
    text = "这个编号的孩子已经不归本门诊管。 The child of this number is no longer in this clinic's care."
    return [
        Problem(child.number, "id", text)
        for child in children
        if child.clinic_no in ids and child.clinic_no not in known
    ]


def _known_id_numbers(work, new: list[ImportedChild]) -> list[Problem]:
    """Return a problem for each new child whose 身份证号 has a record already: one answer counts as a look-up."""
    numbers = {work.keys.index.id_number(c.identity["id_no"]): c.number for c in new if "id_no" in c.identity}
    if not numbers:
        return []
    rows = select(ChildIndex.unique_value).where(ChildIndex.kind == "id_no", ChildIndex.unique_value.in_(numbers))
    taken = list(work.session.scalars(rows))
    if taken:
        require_lookups_left(work)
        audit.note(work, "S", None, "lookup", outcome="deny", reason="id_no_known")
    text = "这个身份证号已经建过档，请查对号码。 This ID number has a record already; check the number."
    return [Problem(numbers[tag], "id_no", text) for tag in taken]


def _compare(
    work, facts: ChildFacts, child: ImportedChild, groups: Mapping[str, UUID]
) -> tuple[list[Line], int, list[Problem]]:
    """Return the lines that are new, how many measurements are on record, and where a value differs from it."""
    stored = identity_of(work, facts)
    audit.read(work, facts.id, "child")
    said = child.identity | {"birth_on": child.identity["birth_on"].isoformat()}
    problems = [
        Problem(child.number, COLUMN_OF.get(name, name), _differs(name))
        for name, value in said.items()
        if not _is_stored(stored, name, value)
    ]
    if child.class_name in groups and facts.group_id != groups[child.class_name]:
        problems.append(Problem(child.number, "class", _differs("class")))
    if not child.lines:
        return [], child.repeated, problems
    if not facts.subject.has_consent("P1"):
        return [], 0, [*problems, Problem(child.number, "", NO_CONSENT)]
    checks = checks_of(work, facts)
    new = [line for line in child.lines if not any(_is_same_day(line, check) for check in checks)]
    old = [line for line in child.lines if line not in new]
    for line in old:
        problems += _conflicts(line, [check for check in checks if _is_same_day(line, check)])
    return new, len(old) + child.repeated, problems


def _is_stored(stored: dict, name: str, value: object) -> bool:
    if name == "contacts":
        phones = {contact["phone"] for contact in stored["contacts"]}
        return {contact["phone"] for contact in value} <= phones
    if name == "birth_weight_kg":
        return stored[name] is not None and Decimal(stored[name]) == Decimal(value)
    return stored[name] == value


def _is_same_day(line: Line, check: OpenEntry) -> bool:
    return check.happened_on == line.measurement.measured_on


def _conflicts(line: Line, checks: list[OpenEntry]) -> list[Problem]:
    """Return a problem for each thing a line says otherwise than the record of that day."""
    stored = {each["code"]: each["value"] for check in checks for each in check.content.get("readings", ())}
    values = {column: getattr(line.measurement, column, line.hb_g_l) for column in MEASURED}
    differing = [
        column
        for column, code in MEASURED.items()
        if values[column] is not None and not _is_number(stored.get(code), values[column])
    ]
    if line.measurement.position and line.measurement.position not in _stored(checks, "position"):
        differing.append("position")
    if line.measurement.oedema and True not in _stored(checks, "oedema"):
        differing.append("oedema")
    return [Problem(line.number, column, _differs(column)) for column in differing]


def _stored(checks: list[OpenEntry], name: str) -> list[object]:
    return [check.content.get(name) for check in checks]


def _is_number(stored: object, typed: str) -> bool:
    return stored is not None and Decimal(str(stored)) == Decimal(typed)


def _differs(name: str) -> str:
    hint = "按月龄导入的文件，请用第一次的 --measured-on。" if name == "birth_on" else "请核对；要改请在页面上更正。"
    return f"和档案里已有的不一样。{hint} Differs from what is on record; check it, or correct the record on its page."

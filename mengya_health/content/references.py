"""What holds between content files: ids are unique, and every id, metric, input and code named anywhere exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mengya_health.content.agreement import (
    age_gaps,
    numbers_not_in_words,
    overlapping_findings,
    overlapping_rules,
    unclear_ages_of_tasks,
)
from mengya_health.content.conditions import conditions_in, kind_of, names_read
from mengya_health.content.documents import Document, Documents, Place, Problem, pathway_documents, walk
from mengya_health.content.pathway_checks import unworkable_pathways
from mengya_health.content.score_forms import strange_scales
from mengya_health.content.shapes import OLDEST_MONTH

# An id may stand alone or inside a sentence; letters and digits around it would make it another word.
_MENTION = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:SCR|PW|SLA|FORM|V)_[A-Z0-9_]*[A-Z0-9]|WS\d{4}|B\d{4}|(?:BB|BT|XJ|NB|TD|GY)\d{2})(?![A-Za-z0-9_])"
)
_INSTITUTION = re.compile(r"[A-Z]{3,4}\Z")
# Names in rules that stand for whatever metric opened the case.
_TRIGGER = "trigger"

Listed = tuple[str, Place, str]


def problems_between(documents: Documents) -> list[Problem]:
    """Return every problem between files whose shapes are right."""
    checks: tuple[Callable[[Documents], Iterator[Problem]], ...] = (
        _doubled_ids,
        _dangling_mentions,
        _dangling_names_in_rules,
        _unanswered_screenings,
        _dangling_answers,
        _dangling_codes,
        _dangling_instruments,
        _dangling_vaccines,
        strange_scales,
        age_gaps,
        overlapping_rules,
        overlapping_findings,
        unclear_ages_of_tasks,
        numbers_not_in_words,
        unworkable_pathways,
    )
    return [problem for check in checks for problem in check(documents)]


def _lists(documents: Documents) -> Iterator[tuple[str, Place, str]]:
    """Yield each list whose members carry an id: file, place, and the key that holds the id."""
    yield from (("screenings.yaml", (key,), "id") for key in ("screenings", "instruments"))
    yield "screenings.yaml", ("metrics",), "code"
    yield from (("visit_schedule.yaml", (key,), "id") for key in ("visits", "side_events", "templates"))
    yield "check_forms.yaml", ("forms",), "id"
    yield "time_limits.yaml", ("sla",), "id"
    yield "closing_reasons.yaml", ("closing_reasons",), "code"
    yield "closing_reasons.yaml", ("outcome_codes",), "code"
    yield "institutions.yaml", ("institutions",), "code"
    yield "indicators.yaml", ("kpis",), "id"
    yield "vaccine_schedule.yaml", ("vaccines",), "code"
    yield from (("service_menu.yaml", (key,), "id") for key in ("services", "common"))


def _ids(documents: Documents) -> Iterator[Listed]:
    """Yield every id given anywhere: file, place, id. The same id twice is given twice."""
    for name, place, key in _lists(documents):
        for position, member in enumerate(_at(documents[name], place)):
            yield name, (*place, position, key), str(member[key])
    for name, document in pathway_documents(documents):
        yield name, ("pathway", "id"), document.value["pathway"]["id"]
    yield from _ids_inside(documents["warning_signs.yaml"], "ages", "items", "code")
    yield from _ids_inside(documents["service_menu.yaml"], "services", "items", "id")
    yield from _ids_inside(documents["visit_schedule.yaml"], "templates", "adds", "id")
    for position, band in enumerate(documents["behaviours.yaml"].value["age_bands"]):
        for domain, rows in band["items"].items():
            for number, row in enumerate(rows):
                yield "behaviours.yaml", ("age_bands", position, "items", domain, number, 0), row[0]


def _ids_inside(document: Document, outer: str, inner: str, key: str) -> Iterator[Listed]:
    for position, member in enumerate(document.value[outer]):
        for number, each in enumerate(member.get(inner, ())):
            yield document.name, (outer, position, inner, number, key), each[key]


def _doubled_ids(documents: Documents) -> Iterator[Problem]:
    seen: set[tuple[str, Any, str]] = set()
    for name, place, identity in _ids(documents):
        # Codes are unique within their list, ids with a prefix everywhere.
        scope = None if _MENTION.fullmatch(identity) else (name, place[0])
        if (identity, scope) in seen:
            zh, en = f"编号 {identity} 重复。", f"The id {identity} is given twice."
            yield documents[name].problem(place, zh, en)
        seen.add((identity, scope))


def _dangling_mentions(documents: Documents) -> Iterator[Problem]:
    known = {identity for _, _, identity in _ids(documents)}
    for document in documents.values():
        for place, value in walk(document.value):
            if not isinstance(value, str):
                continue
            for mention in _MENTION.findall(value):
                if mention not in known:
                    zh, en = f"编号 {mention} 在哪个文件里都没有。", f"The id {mention} is defined nowhere."
                    yield document.problem(place, zh, en)


def _dangling_names_in_rules(documents: Documents) -> Iterator[Problem]:
    metrics = {metric["code"] for metric in documents["screenings.yaml"].value["metrics"]} | {_TRIGGER}
    asked = documents["screening_inputs.yaml"].value["screenings"]
    inputs = {each["code"] for screening in asked.values() for each in screening["inputs"]}
    for name in ("screenings.yaml", "visit_schedule.yaml", *(name for name, _ in pathway_documents(documents))):
        document = documents[name]
        for place, condition in conditions_in(document.value):
            allowed = inputs if kind_of(condition) == "input" else metrics
            for unknown in sorted(names_read(condition) - allowed):
                zh = f"规则用到的 {unknown} 没有登记。"
                yield document.problem(place, zh, f"The rule reads {unknown}, which is not defined.")
    document = documents["check_forms.yaml"]
    for place, value in walk(document.value):
        if place and place[-1] == "metric" and value not in metrics:
            yield document.problem(place, f"指标 {value} 没有登记。", f"The metric {value} is not defined.")
        if place and place[-1] == "feeds":
            screening, _, code = value.partition(".")
            if code not in {each["code"] for each in asked.get(screening, {"inputs": []})["inputs"]}:
                yield document.problem(place, f"{value} 没有登记。", f"{value} is not defined.")


def _dangling_answers(documents: Documents) -> Iterator[Problem]:
    """Where a rule compares a choice, what it looks for is one of the answers that can be given."""
    document, asked = documents["screenings.yaml"], documents["screening_inputs.yaml"].value["screenings"]
    for position, screening in enumerate(document.value["screenings"]):
        own = asked.get(screening["id"], {"inputs": []})["inputs"]
        answers = {each["code"]: set(each["values"]) for each in own if each["type"] in ("choice", "set")}
        for place, condition in conditions_in(screening):
            value = condition.get("value")
            looked_for = set(value) if isinstance(value, list) else {value}
            unknown = looked_for - answers.get(condition.get("input"), looked_for)
            if unknown:
                told = "、".join(map(str, sorted(unknown, key=str)))
                zh, en = f"{condition['input']} 没有这个答案：{told}。", f"{condition['input']} has no answer {told}."
                yield document.problem(("screenings", position, *place), zh, en)


def _unanswered_screenings(documents: Documents) -> Iterator[Problem]:
    """Every screening has its line in screening_inputs.yaml, and goes by an age the schedule knows."""
    asked, visits = documents["screening_inputs.yaml"], documents["visit_schedule.yaml"].value
    for each in documents["screenings.yaml"].value["screenings"]:
        if each["id"] not in asked.value["screenings"]:
            zh, en = f"缺少 {each['id']}。", f"{each['id']} is missing."
            yield asked.problem(("screenings",), zh, en)
    uses = next((rule["map"] for rule in visits["age_rules"] if rule["id"] == "age_basis"), {})
    for name, each in asked.value["screenings"].items():
        if each["age_basis"] not in uses:
            zh, en = f"age_basis 表里没有 {each['age_basis']}。", f"age_basis has no {each['age_basis']}."
            yield asked.problem(("screenings", name, "age_basis"), zh, en)


def _dangling_codes(documents: Documents) -> Iterator[Problem]:
    findings = finding_codes(documents["screenings.yaml"].value)
    reasons = {each["code"] for each in documents["closing_reasons.yaml"].value["closing_reasons"]}
    institutions = {each["code"] for each in documents["institutions.yaml"].value["institutions"]}
    for _, document in pathway_documents(documents):
        for place, value in walk(document.value["pathway"], ("pathway",)):
            if place[-1] in ("code", "alert") and isinstance(value, str) and place[1] == "rules":
                known = reasons if value.isdigit() else findings
            elif len(place) > 1 and place[-2] == "to" and _INSTITUTION.match(str(value)):
                known = institutions
            else:
                continue
            if value not in known:
                yield document.problem(place, f"代码 {value} 没有登记。", f"The code {value} is not defined.")
    document = documents["screenings.yaml"]
    for place, value in walk(document.value):
        if len(place) > 1 and place[-2] == "codes" and "on_positive" in place and value not in findings:
            yield document.problem(place, f"代码 {value} 没有登记。", f"The code {value} is not defined.")
    document = documents["urgent_findings.yaml"]
    for place, value in walk(document.value):
        if len(place) > 1 and place[-2] == "codes" and value not in findings:
            yield document.problem(place, f"代码 {value} 没有登记。", f"The code {value} is not defined.")


def _dangling_instruments(documents: Documents) -> Iterator[Problem]:
    """Every instrument and every set of thresholds a screening names is there."""
    document = documents["screenings.yaml"]
    known = {each["id"] for each in document.value["instruments"]}
    for position, each in enumerate(document.value["screenings"]):
        one = {"instrument": (each["instrument"],)} if "instrument" in each else {}
        named = one | {"instruments_allowed": each.get("instruments_allowed", ())}
        for key, unknown in ((key, name) for key, names in named.items() for name in names if name not in known):
            zh, en = f"量表 {unknown} 没有登记。", f"The instrument {unknown} is not defined."
            yield document.problem(("screenings", position, key), zh, en)
        profiles, default = each.get("rules_profiles", {}), each.get("rules_profile_default")
        if bool(profiles) != bool(default) or (default and default not in profiles):
            zh, en = "没有默认口径，或它不在 rules_profiles 里。", "The default profile is missing or not defined."
            yield document.problem(("screenings", position, "rules_profile_default"), zh, en)


def _dangling_vaccines(documents: Documents) -> Iterator[Problem]:
    """Every other vaccine a vaccine names is there, and no dose is to be done before it may be given."""
    document = documents["vaccine_schedule.yaml"]
    doses = {each["code"]: {dose["dose"] for dose in each["doses"]} for each in document.value["vaccines"]}
    for key in ("vaccines", "local_vaccines"):
        for position, each in enumerate(document.value.get(key, ())):
            if each.get("alternative", each["code"]) not in {*doses, each["code"]}:
                zh, en = f"没有疫苗 {each['alternative']}。", f"There is no vaccine {each['alternative']}."
                yield document.problem((key, position, "alternative"), zh, en)
            for number, dose in enumerate(each["doses"]):
                after = dose.get("after")
                if after and after.get("dose") not in doses.get(after.get("code"), ()):
                    zh, en = "after 写的疫苗或剂次没有。", "There is no such vaccine or dose as named in after."
                    yield document.problem((key, position, "doses", number, "after"), zh, en)
                if dose.get("complete_before_m", OLDEST_MONTH) <= dose["age_months"]:
                    zh, en = "complete_before_m 要晚于 age_months。", "complete_before_m must be after age_months."
                    yield document.problem((key, position, "doses", number), zh, en)


def finding_codes(screenings: Mapping[str, Any]) -> set[str]:
    """Return every code a screening rule, alert or grade can find, from the plain value of screenings.yaml."""
    lists = ("rules", "score_rules", "grading", "trend_alerts")
    found: set[str] = set()
    for screening in screenings["screenings"]:
        for each in (screening, *screening.get("rules_profiles", {}).values()):
            found.update(rule["code"] for key in lists for rule in each.get(key, ()))
    return found


def _at(document: Document, place: Place) -> Any:
    value = document.value
    for key in place:
        value = value[key]
    return value

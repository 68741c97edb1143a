"""What two places in the content say about the same thing must agree: ages, and rules in words and in numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from math import inf
from typing import Any

from mengya_health.content.conditions import conditions_in, names_read
from mengya_health.content.documents import Document, Documents, Place, Problem, pathway_documents, walk
from mengya_health.content.shapes import OLDEST_MONTH


def age_gaps(documents: Documents) -> Iterator[Problem]:
    signs, bands = documents["warning_signs.yaml"], documents["behaviours.yaml"]
    first = signs.value["ages"][0]["from_month"] if signs.value["ages"] else 0
    for document, key, start in ((signs, "ages", first), (bands, "age_bands", 0)):
        ranges = [(each["from_month"], each["to_month_exclusive"]) for each in document.value[key]]
        yield from _gaps(document, key, [(start, start), *ranges, (OLDEST_MONTH, OLDEST_MONTH)])
    keys = {group["key"] for group in signs.value["ages"]}
    visits = documents["visit_schedule.yaml"]
    for position, visit in enumerate(visits.value["visits"]):
        if visit.get("warning_sign_age", next(iter(keys))) not in keys:
            zh, en = "没有这个预警征象年龄组。", "There is no such age group of warning signs."
            yield visits.problem(("visits", position, "warning_sign_age"), zh, en)
    yield from _overlapping_windows(visits)


def _gaps(document: Document, key: str, ranges: list[tuple[int, int]]) -> Iterator[Problem]:
    for position, (one, following) in enumerate(pairwise(ranges)):
        place = (key, min(position, len(ranges) - 3), "from_month")
        if following[0] > one[1]:
            zh, en = f"缺少 {one[1]}~{following[0]} 月龄。", f"Months {one[1]} to {following[0]} are missing."
            yield document.problem(place, zh, en)
        if following[0] < one[1]:
            zh, en = f"{following[0]}~{one[1]} 月龄重叠。", f"Months {following[0]} to {one[1]} overlap."
            yield document.problem(place, zh, en)


def _overlapping_windows(document: Document) -> Iterator[Problem]:
    ends = 0
    for position, visit in enumerate(document.value["visits"]):
        due = visit["due"]
        if "from_month" not in due:
            continue
        if due["from_month"] < ends:
            zh, en = "检查的时间窗和前一次重叠。", "The window of this check overlaps the one before."
            yield document.problem(("visits", position, "due"), zh, en)
        ends = due["to_month_exclusive"]


def overlapping_rules(documents: Documents) -> Iterator[Problem]:
    """The same finding given for two ages must not be given twice for one of them."""
    document = documents["screenings.yaml"]
    for place, value in walk(document.value):
        if not place or place[-1] not in ("rules", "score_rules") or not isinstance(value, list):
            continue
        ages: dict[str, list[tuple[int, int]]] = {}
        for position, rule in enumerate(value):
            start, end = rule.get("ages_m", (0, OLDEST_MONTH))
            if any(start < other_end and other_start < end for other_start, other_end in ages.get(rule["code"], ())):
                zh, en = f"{rule['code']} 的月龄重叠。", f"The ages of {rule['code']} overlap."
                yield document.problem((*place, position), zh, en)
            ages.setdefault(rule["code"], []).append((start, end))


def overlapping_findings(documents: Documents) -> Iterator[Problem]:
    """Two findings of one screening must not both hold for the same figure at the same age: bands leave no doubt."""
    document = documents["screenings.yaml"]
    for place, value in walk(document.value):
        if not place or place[-1] not in ("rules", "score_rules") or not isinstance(value, list):
            continue
        bands = [(position, rule, band) for position, rule in enumerate(value) if (band := _band(rule))]
        for (position, one, band), (_, other, other_band) in combinations(bands, 2):
            if one["code"] != other["code"] and _same_ages(one, other) and _meet(band, other_band):
                zh = f"{one['code']} 和 {other['code']} 的数值范围重叠。"
                en = f"The values of {one['code']} and {other['code']} overlap."
                yield document.problem((*place, position), zh, en)


Band = tuple[tuple[str, ...], tuple[float, bool], tuple[float, bool]]
_OPEN_BAND = {
    "lt": lambda value: ((-inf, False), (value, False)),
    "le": lambda value: ((-inf, False), (value, True)),
    "gt": lambda value: ((value, False), (inf, False)),
    "ge": lambda value: ((value, True), (inf, False)),
    "between": lambda value: ((value[0], True), (value[1], False)),
}


def _band(rule: Mapping[str, Any]) -> Band | None:
    """Return what a rule compares, and from and to where (each with whether it is included); None for other rules."""
    condition = rule.get("rule", rule["when"])
    names = condition.get("metric", condition.get("any_metric")) if isinstance(condition, Mapping) else None
    if names is None or condition.get("op") not in _OPEN_BAND:
        return None
    return (names,) if isinstance(names, str) else tuple(names), *_OPEN_BAND[condition["op"]](condition["value"])


def _same_ages(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    (start, end), (other_start, other_end) = (each.get("ages_m", (0, OLDEST_MONTH)) for each in (one, other))
    return start < other_end and other_start < end


def _meet(one: Band, other: Band) -> bool:
    if one[0] != other[0]:
        return False
    (low, low_in), (high, high_in) = max(one[1], other[1], key=_lower), min(one[2], other[2])
    return low < high or (low == high and low_in and high_in)


def _lower(end: tuple[float, bool]) -> tuple[float, bool]:
    # Of two bands that begin at one value, the one without it begins later.
    return end[0], not end[1]


_AGES = re.compile(r"(\d+)(m|y)?-(\d+)(m|y)\Z")


def unclear_ages_of_tasks(documents: Documents) -> Iterator[Problem]:
    """`ages` in words and `ages_m` must say the same: -24m includes month 24, -6y ends before seven, 0-3y as 0-36m."""
    document = documents["service_menu.yaml"]
    for position, service in enumerate(document.value["services"]):
        for number, item in enumerate(service["items"]):
            if _months_of(item["ages"]) not in (tuple(item["ages_m"]), None):
                zh, en = "ages 与 ages_m 不一致。", "ages and ages_m do not agree."
                yield document.problem(("services", position, "items", number, "ages_m"), zh, en)


def _months_of(ages: str) -> tuple[int, int] | None:
    found = _AGES.match(ages)
    if not found:
        return None
    start, unit, end, end_unit = found.groups()
    first = int(start) * (12 if (unit or end_unit) == "y" else 1)
    if end_unit == "m":
        return first, int(end) + 1
    return first, OLDEST_MONTH if int(end) == OLDEST_MONTH // 12 - 1 else int(end) * 12 + 1


# 早产 is by definition before 37 weeks; 0 and 1 are said as 无 or 任一 and not looked for.
_SAID_IN_WORDS = {"早产": 37.0}


def numbers_not_in_words(documents: Documents) -> Iterator[Problem]:
    """Where a rule is given in words too, the words must name its threshold."""
    document = documents["screenings.yaml"]
    for place, value in walk(document.value):
        if isinstance(value, Mapping) and isinstance(value.get("when"), str) and "rule" in value:
            yield from _missing_numbers(document, (*place, "rule"), value["rule"], value["when"])
    for _, pathway in pathway_documents(documents):
        value = pathway.value["pathway"]
        said = {
            "success": "".join(value["intervention_to_consolidation"]["all"]),
            "relapse": value["relapse"],
            "closing": value["closing"]["text"],
        }
        for name, text in said.items():
            if name in value["rules"] and any(letter.isdigit() for letter in text):
                yield from _missing_numbers(pathway, ("pathway", "rules", name), value["rules"][name], text)


def _missing_numbers(document: Document, place: Place, rule: Any, text: str) -> Iterator[Problem]:
    said = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}
    said |= {number for word, number in _SAID_IN_WORDS.items() if word in text}
    for inner, condition in conditions_in(rule):
        value = condition.get("value")
        is_threshold = names_read(condition) and isinstance(value, int | float) and abs(value) > 1
        if is_threshold and abs(float(value)) not in said:
            zh = f"规则里的 {value} 在文字里没有，请核对两者。"
            yield document.problem((*place, *inner), zh, f"The words do not name {value} of the rule; compare both.")

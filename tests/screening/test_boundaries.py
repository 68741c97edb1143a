"""Every boundary of every rule, at both ends of its ages, against a plain reading of screenings.yaml.

The reading below shares nothing with the evaluator of the product: it takes the file as PyYAML gives it and counts in
units of the metric's last decimal. What it says is what a clinician with the file and a pencil would say.
"""

from itertools import product

import pytest
import yaml

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.screening.rules import evaluate

CONTENT = load_content(WORKFLOWS)
FILE = yaml.safe_load((WORKFLOWS / "screenings.yaml").read_text(encoding="utf-8"))
ASKED = yaml.safe_load((WORKFLOWS / "screening_inputs.yaml").read_text(encoding="utf-8"))["screenings"]
METRICS = {each["code"]: each for each in FILE["metrics"]}
SCREENINGS = {each["id"]: each for each in FILE["screenings"]}
COMPARE = {
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
}


# --- the plain reading: True, False, or None where an answer is wanting ----------------------------------------------


def units(number) -> int:
    """Ten-thousandths, so that 4.8 is 48000 and nothing is lost between binary and decimal."""
    return round(number * 10_000)


def compared(condition, value):
    if value is None:
        return None
    op, mark = condition["op"], condition["value"]
    if op == "between":
        return units(mark[0]) <= units(value) < units(mark[1])
    if op == "in":
        return value in mark
    if op == "intersects":
        return any(each in mark for each in value)
    if isinstance(mark, bool):
        return (value is mark) if op == "eq" else (value is not mark)
    return COMPARE[op](units(value), units(mark))


def growth_names(names, age, given):
    """WHZ before 24 months, BMIZ only where there is none; from 24 months both."""
    if set(names) != {"WHZ", "BMIZ"}:
        return names, False
    if age < 24:
        return (["WHZ"] if given.get("WHZ") is not None or given.get("BMIZ") is None else ["BMIZ"]), True
    return names, True


def read(condition, given, age):
    if "all" in condition or "any" in condition:
        wanted = "all" in condition
        parts = [read(part, given, age) for part in condition.get("all", condition.get("any"))]
        if (not wanted) in parts:
            return not wanted
        return None if None in parts else wanted
    if "not" in condition:
        inner = read(condition["not"], given, age)
        return None if inner is None else not inner
    if "check" in condition:
        return condition["check"] in given.get("checks", ())
    if "any_metric" in condition:
        names, either = growth_names(condition["any_metric"], age, given)
        parts = [compared(condition, given.get(name)) for name in names]
        known = [part for part in parts if part is not None]
        if True in known:
            return True
        return False if known and (either or len(known) == len(parts)) else None
    for kind in ("abs_diff", "range_of"):
        if kind in condition:
            values = [given.get(name) for name in condition[kind]]
            return None if None in values else compared(condition, max(values) - min(values))
    return compared(condition, given.get(condition.get("metric") or condition["input"]))


def names_in(condition) -> set[str]:
    for kind in ("all", "any"):
        if kind in condition:
            return set().union(*(names_in(part) for part in condition[kind]))
    if "not" in condition:
        return names_in(condition["not"])
    for kind in ("any_metric", "abs_diff", "range_of"):
        if kind in condition:
            return set(condition[kind])
    return {condition[kind] for kind in ("metric", "input") if kind in condition}


def checks_in(condition) -> set[str]:
    parts = condition.get("all") or condition.get("any") or ([condition["not"]] if "not" in condition else [])
    return set().union({condition["check"]} if "check" in condition else set(), *(checks_in(part) for part in parts))


def simple_in(condition):
    parts = condition.get("all") or condition.get("any") or ([condition["not"]] if "not" in condition else [])
    if not parts:
        yield condition
    for part in parts:
        yield from simple_in(part)


# --- what is tried ----------------------------------------------------------------------------------------------------


def rule_lists():
    """Every list of rules as (screening, profile, rules, ages of the list)."""
    for screening_id, screening in SCREENINGS.items():
        ages = screening.get("ages_m")
        own = [*screening.get("rules", ()), *screening.get("score_rules", ()), *screening.get("grading", ())]
        if own:
            yield screening_id, None, own, ages
        for profile, told in screening.get("rules_profiles", {}).items():
            yield screening_id, profile, told["rules"], told.get("ages_m")


def condition_of(rule):
    return rule.get("compute") or (rule["when"] if isinstance(rule["when"], dict) else rule["rule"])


def step_of(name):
    metric = METRICS.get(name)
    return (
        10 ** -metric["decimals"] if metric and metric["type"] in ("decimal", "derived") and "decimals" in metric else 1
    )


def around(name, mark):
    """The mark and one step either side, as the metric is written."""
    places = METRICS.get(name, {}).get("decimals", 0)
    low, high = METRICS.get(name, {}).get("hard") or (0 if name not in METRICS else -99, 9999)
    tried = [round(mark + offset * step_of(name), places) for offset in (-1, 0, 1)]
    return [int(each) if not places else each for each in tried if low <= each <= high]


def tried_for(name, condition, screening_id):
    """Values worth trying for one name of a rule; None is not answered."""
    found = [None]
    asked = {each["code"]: each for each in ASKED[screening_id]["inputs"]}
    for simple in simple_in(condition):
        if name not in names_in(simple):
            continue
        mark = simple["value"]
        if isinstance(mark, bool):
            found += [True, False]
        elif simple["op"] == "intersects":
            others = [each for each in asked[name]["values"] if each not in mark]
            found += [[], [mark[0]], [mark[-1]], others[:1]]
        elif simple["op"] == "in":
            found += [0, *mark] if name in METRICS else asked[name]["values"]
        elif asked.get(name, {}).get("type") == "choice":
            found += asked[name]["values"]
        elif "abs_diff" in simple or "range_of" in simple:
            found += [5.0, 5.1, 5.2, 5.3, 4.9] if name.startswith("VA_") else [60.0, 84.9, 85.0, 85.1, 90.0]
        else:
            for each in mark if isinstance(mark, list) else [mark]:
                found += around(name, each)
    return list({repr(each): each for each in found}.values())


def ages_to_try(rule, whole, *more):
    ends = [ages for ages in (rule.get("ages_m"), whole, *more) if ages]
    tried = {age for first, end in ends for age in (first - 1, first, end - 1, end)}
    return sorted(age for age in tried or {0, 12, 23, 24, 83} if age >= 0)


def is_within(age, *ranges):
    return all(each is None or each[0] <= age < each[1] for each in ranges)


def answers_to_try(rule, screening_id):
    condition = condition_of(rule)
    names = sorted(names_in(condition))
    values = [tried_for(name, condition, screening_id) for name in names]
    if len(names) > 3:  # five developmental areas: the first two everywhere, the others one at a time with them
        values = [each if place < 2 else [90.0, None] for place, each in enumerate(values)]
    checks = sorted(checks_in(condition))
    for chosen in product(*values):
        given = {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
        for ticked in ([], checks) if checks else ([],):
            yield given | {"checks": ticked}


LISTS = [pytest.param(*each, id=f"{each[0]}{'-' + each[1] if each[1] else ''}") for each in rule_lists()]


@pytest.mark.parametrize(("screening_id", "profile", "rules", "whole"), LISTS)
def test_every_boundary_of_every_rule(screening_id, profile, rules, whole):
    own = SCREENINGS[screening_id].get("ages_m")
    tried, fired, wrong = 0, set(), []
    for rule in rules:
        for age in ages_to_try(rule, whole, own):
            for given in answers_to_try(rule, screening_id):
                expected = {
                    each["code"]
                    for each in rules
                    if is_within(age, each.get("ages_m"), whole, own)
                    and (screening_id != "SCR_WSCST" or 3 <= age < 84 or "WSCST_N" not in names_in(condition_of(each)))
                    and read(condition_of(each), given, age)
                }
                codes = evaluate(CONTENT, screening_id, age, given, profile=profile).codes
                tried, fired = tried + 1, fired | set(codes)
                if set(codes) != expected:
                    wrong.append((age, given, codes, expected))
    assert wrong[:5] == []
    assert fired == {rule["code"] for rule in rules}  # each rule was seen firing; nothing passed by being left out
    assert tried > len(rules)


@pytest.mark.parametrize(("screening_id", "profile", "rules", "whole"), LISTS)
def test_outside_its_ages_nothing_is_judged_and_nothing_is_normal(screening_id, profile, rules, whole):
    """The month before the first and the month after the last: not_applicable for whatever only such rules read."""
    own = SCREENINGS[screening_id].get("ages_m")
    for rule in rules:
        ranges = [each for each in (rule.get("ages_m"), whole, own) if each]
        if not ranges:
            continue
        first, end = max(each[0] for each in ranges), min(each[1] for each in ranges)
        names = names_in(condition_of(rule))
        given = next(
            each
            for each in answers_to_try(rule, screening_id)
            if names <= set(each) and read(condition_of(rule), each, first)
        )
        for age in (first - 1, end):
            if age < 0:
                continue
            others = [
                each
                for each in rules
                if is_within(age, each.get("ages_m"), whole, own) and names & names_in(condition_of(each))
            ]
            evaluation = evaluate(CONTENT, screening_id, age, given, profile=profile)
            assert rule["code"] not in evaluation.codes or others
            if not others:
                assert (evaluation.outcome, evaluation.conclusion) == ("not_applicable", "not_applicable"), (age, given)


@pytest.mark.parametrize("age", [0, 2, 3, 83, 84, 90])
def test_regression_counts_at_every_age(age):
    assert evaluate(CONTENT, "SCR_WSCST", age, {"WS_REG": 3}).codes == ("W2",)
    assert evaluate(CONTENT, "SCR_WSCST", age, {"WS_REG": 0}).codes == ()

"""What would leave a child stuck on a pathway: rules nobody can meet, no way out, names that answer to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from mengya_health.content.conditions import kind_of, parts_of, simple_conditions
from mengya_health.content.documents import Documents, Place, Problem, pathway_documents
from mengya_health.content.follow_up_intervals import STAGES
from mengya_health.content.shapes import OLDEST_MONTH

TRIGGER = "trigger"
OLDEST_DAYS = OLDEST_MONTH * 31
CLOSING = "closing"
MUST_HOLD = ("success", CLOSING)  # a child that is well has to be able to meet them

Found = Iterator[tuple[Place, str, str]]


@dataclass(frozen=True)
class Bounds:
    """The numbers one comparison lets through, ends included or not."""

    low: float = -inf
    high: float = inf
    with_low: bool = True
    with_high: bool = True

    def meets(self, other: Bounds) -> bool:
        """Return whether some number passes both."""
        low = max((self.low, not self.with_low), (other.low, not other.with_low))
        high = min((self.high, self.with_high), (other.high, other.with_high))
        return low[0] < high[0] or (low[0] == high[0] and not low[1] and high[1])


_BOUNDS = {
    "lt": lambda value: Bounds(high=value, with_high=False),
    "le": lambda value: Bounds(high=value),
    "gt": lambda value: Bounds(low=value, with_low=False),
    "ge": lambda value: Bounds(low=value),
    "eq": lambda value: Bounds(value, value),
    "between": lambda value: Bounds(value[0], value[1], with_high=False),
}


def unworkable_pathways(documents: Documents) -> Iterator[Problem]:
    """Yield each place in a pathway's file that would stop a case for good."""
    for _name, document in pathway_documents(documents):
        pathway = document.value["pathway"]
        for check in (_names, _ways_out, _intervals, _unread, _unreachable, _too_many_follow_ups):
            for place, zh, en in check(pathway, documents):
                yield document.problem(("pathway", *place), zh, en)


def _names(pathway: Mapping[str, Any], documents: Documents) -> Found:
    """Tasks, time limits and closing reasons the pathway names are there."""
    menu = documents["service_menu.yaml"].value
    tasks = {each["id"]: each for service in menu["services"] for each in service["items"]}
    limits = {each["id"] for each in documents["time_limits.yaml"].value["sla"]}
    reasons = {each["code"] for each in documents["closing_reasons.yaml"].value["closing_reasons"]}
    named = [(("tasks", position), task, tasks) for position, task in enumerate(pathway["tasks"])]
    named += [(("stages", stage, "limit"), each["limit"], limits) for stage, each in _limited(pathway["stages"])]
    for rules, place in (
        (pathway["escalation"], ("escalation",)),
        (_rules(pathway, "escalate"), ("rules", "escalate")),
    ):
        named += [((*place, at, "within"), each["within"], limits) for at, each in enumerate(rules) if "within" in each]
    named += [(("closing", "code"), code, reasons) for code in pathway["closing"]["code"].split("/")]
    named += [(("rules", name, "code"), each["code"], reasons) for name, each in _closings(pathway)]
    computed = {f"escalate.{at}" for at, _ in enumerate(_rules(pathway, "escalate"))}
    computed |= {"response_check"} & pathway["rules"].keys()
    named += [
        (("escalation", at, "rules", number), name, computed)
        for at, each in enumerate(pathway["escalation"])
        for number, name in enumerate(each.get("rules", ()))
    ]
    for place, name, known in named:
        if name not in known:
            yield place, f"“{name}”没有登记。", f"{name} is not defined."
    if not pathway["tasks"] and not any("parent" in each["who"] for each in menu["common"]):
        yield ("tasks",), "没有自己的任务，也没有给家长的通用任务。", "There is no task a plan could hold."


def _ways_out(pathway: Mapping[str, Any], documents: Documents) -> Found:
    """A case can reach consolidation, and can be closed or handed on from there."""
    if "success" not in pathway["rules"]:
        yield ("rules",), "没有 success 规则，个案走不到巩固。", "Without a success rule no case reaches consolidation."
    if not _closings(pathway):
        yield ("rules",), "没有结案规则（closing…），个案结束不了。", "Without a closing rule no case can be closed."


def _intervals(pathway: Mapping[str, Any], documents: Documents) -> Found:
    """Both stages in which a child is followed say when the next follow-up is due."""
    given = pathway["rules"].get("follow_up_days", {})
    at = ("rules", "follow_up_days") if given else ("rules",)
    for stage in STAGES:
        if stage not in given:
            yield at, f"{stage} 没有随访间隔。", f"The stage {stage} has no follow-up interval."
    for stage in given.keys() - set(STAGES):
        yield (*at, stage), f"没有 {stage} 这个阶段。", f"There is no stage {stage}."
    screenings = {each["id"]: each for each in documents["screenings.yaml"].value["screenings"]}
    for stage, choices in given.items():
        for position, choice in enumerate(choices if isinstance(choices, list) else ()):
            if not isinstance(choice, Mapping) or "rows_of" not in choice:
                continue
            screening, _, row = choice["rows_of"].partition(".")
            rows = screenings.get(screening, {}).get("followup", {}).get("interval_rules", {}).get(row)
            if not _are_rows(rows):
                place = (*at, stage, position, "rows_of")
                yield place, f"{choice['rows_of']} 不是按月龄的随访表。", f"{choice['rows_of']} is no table by age."


def _unread(pathway: Mapping[str, Any], documents: Documents) -> Found:
    """Whatever a rule needs is measured by one of the pathway's screenings, or can be typed at a follow-up."""
    plain = documents["screenings.yaml"].value
    worked_out = {each["code"] for each in plain["metrics"] if each["type"] == "derived" and "hard" not in each}
    own = [each for each in plain["screenings"] if each["id"] in pathway["screenings"]]
    read = {code for each in own for code in (*each.get("inputs", ()), *each.get("derives", ()))}
    for rule in ("success", "relapse", *(name for name, _ in _closings(pathway))):
        for simple in _simple(pathway["rules"].get(rule)):
            for code in sorted({*_metrics(simple)} & worked_out - read):
                zh = f"{rule} 要看 {code}，这条路径的筛查都不测它。"
                yield ("rules", rule), zh, f"{rule} reads {code}, which no screening of the pathway measures."


def _unreachable(pathway: Mapping[str, Any], documents: Documents) -> Found:
    """Success and closing can hold, and not for a child who still meets the mark for opening the case."""
    ranges = {
        each["code"]: Bounds(*each["hard"]) for each in documents["screenings.yaml"].value["metrics"] if "hard" in each
    }
    entry, relapse = (_alternatives(pathway["rules"].get(rule)) for rule in ("entry", "relapse"))
    for rule in MUST_HOLD:
        wanted = [(code, each) for part in _needed(pathway["rules"].get(rule)) for code, each in _compared(part, entry)]
        for code, bounds in wanted:
            rest = [other for name, other in wanted if name == code] + [ranges.get(code, Bounds())]
            if not all(bounds.meets(other) for other in rest):
                yield ("rules", rule), f"{rule} 对 {code} 的要求不可能满足。", f"{rule} can never hold for {code}."
            for name, marks in (("entry", entry), ("relapse", relapse)):
                if any(bounds.meets(mark) for mark in marks.get(code, ())):
                    zh = f"{rule} 和 {name} 对 {code} 的界值重叠，孩子会同时算两样。"
                    yield ("rules", rule), zh, f"{rule} and {name} overlap in {code}."


def _too_many_follow_ups(pathway: Mapping[str, Any], documents: Documents) -> Found:
    """Closing asks for no more follow-ups, and no longer, than consolidation plans or childhood lasts."""
    planned = pathway["rules"].get("follow_up_days", {}).get("consolidation")
    is_listed = isinstance(planned, list) and all(isinstance(days, int) for days in planned)
    for simple in _simple(pathway["rules"].get(CLOSING)):
        over = simple.get("over", {"count": 1, "min_interval_days": 0})
        days = max((over["count"] - 1) * over["min_interval_days"], simple.get("in_consolidation_days_ge", 0))
        at = ("rules", CLOSING)
        if days > OLDEST_DAYS:
            yield at, f"结案要等 {days} 天，超过管理年龄。", f"Closing takes {days} days, longer than childhood lasts."
        elif is_listed and (over["count"] > len(planned) or days > sum(planned)):
            zh = f"巩固期安排随访 {len(planned)} 次、共 {sum(planned)} 天，结案要 {over['count']} 次、{days} 天。"
            yield at, zh, "Closing asks for more follow-ups, or a longer time, than consolidation plans."


def _rules(pathway: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return pathway["rules"].get(name, [])


def _closings(pathway: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, rule) for name, rule in pathway["rules"].items() if name.startswith(CLOSING)]


def _limited(stages: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(stage, each) for stage, each in stages.items() if isinstance(each, Mapping) and "limit" in each]


def _are_rows(rows: Any) -> bool:
    shaped = isinstance(rows, list) and rows and all({"corrected_m", "days"} <= set(each) for each in rows)
    return bool(shaped) and [each["corrected_m"][0] for each in rows] == sorted(each["corrected_m"][0] for each in rows)


def _simple(rule: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list(simple_conditions(rule)) if rule else []


def _metrics(simple: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(simple.get("any_metric", ())) or tuple(filter(None, (simple.get("metric"),)))


def _needed(rule: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return the simple conditions that have to hold whatever else does: those under no `any` and no `not`."""
    if rule is None or kind_of(rule) in ("any", "not"):
        return []
    return [each for part in parts_of(rule) for each in _needed(part)] or ([] if parts_of(rule) else [rule])


def _alternatives(rule: Mapping[str, Any] | None) -> dict[str, list[Bounds]]:
    """Return by metric the bounds that are enough by themselves for a rule to hold."""
    if rule is None or kind_of(rule) in ("all", "not"):
        return {}
    found: dict[str, list[Bounds]] = {}
    for part in parts_of(rule) if kind_of(rule) == "any" else (rule,):
        if not parts_of(part):
            for code, bounds in _compared(part, {}):
                found.setdefault(code, []).append(bounds)
    return found


def _compared(simple: Mapping[str, Any], triggers: Mapping[str, Any]) -> list[tuple[str, Bounds]]:
    """Return the metrics a simple condition compares with a number, with its bounds; `triggers` opened the case."""
    if simple.get("op") not in _BOUNDS or "value" not in simple:
        return []
    names = [code for name in _metrics(simple) for code in (triggers if name == TRIGGER else (name,))]
    return [(code, _BOUNDS[simple["op"]](simple["value"])) for code in names]

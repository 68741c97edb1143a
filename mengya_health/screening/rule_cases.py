"""Cases of a YAML file put to the rules: what fires for each, or what is wrong with it and on which line. Pure.

The format is that of a rule example: `screening`, `age_m` (whole months), `in` (the answers), and where they matter
`profile` (one of the screening's sets of thresholds) and `rules` (which of its lists of rules, or again a profile);
`id`, `expect` and `note` may stand beside them. The file is one case, a list of cases, or `cases:` with a list;
`vision_cases:` (`age_m`, `left`, `right`) are cases of visual acuity. Sections about dates and units are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mengya_health.content import Content
from mengya_health.content.documents import Document, Place, Problem, read_document
from mengya_health.errors import Invalid
from mengya_health.screening.facts import answers_as_history
from mengya_health.screening.proposals import alerts_raised
from mengya_health.screening.rules import Evaluation, checks_asked, evaluate

CASE_KEYS = {"id", "screening", "age_m", "in", "profile", "rules", "expect", "note"}
VISION_KEYS = {"id", "age_m", "left", "right", "expect", "note"}
# What an example file holds beside cases; state_cases were replaced by the loop.
SECTIONS = {
    "meta", "cases", "vision_cases", "age_cases", "wscst_age_cases", "preterm_date_cases", "preterm_case", "dmft_case",
    "unit_cases", "state_cases",
}  # fmt: skip
USUAL_RULES = ("default", "rules", "score_rules", "grading")  # the lists a screening is judged by as it is
REMINDERS = "trend_alerts"  # these remind and open nothing: only where a case asks for them


@dataclass(frozen=True, kw_only=True)
class EvaluatedCase:
    """One case: `codes` that fire, how it ended, what the file expected (None: nothing); or what is wrong with it.

    `evaluation` is None where `problem` says what is wrong.
    """

    id: str
    codes: tuple[str, ...] = ()
    evaluation: Evaluation | None = None
    expected: str | None = None
    problem: Problem | None = None

    @property
    def result(self) -> str:
        """Return found (some rule fires), none or not_applicable; what is left unanswered shows in `evaluation`."""
        if self.codes:
            return "found"
        return "not_applicable" if self.evaluation and self.evaluation.outcome == "not_applicable" else "none"

    @property
    def agrees(self) -> bool:
        return self.expected is None or self.expected == (" ".join(self.codes) or self.result)


def evaluate_file(path: Path, content: Content) -> list[EvaluatedCase]:
    """Evaluate the cases of a YAML file; one that cannot be read carries its problem and leaves the others alone.

    Raises Invalid, naming file and line, for a file that holds no cases.
    """
    document = read_document(path, path.name)
    for problem in (*document.problems, *_strange_sections(document)):
        raise Invalid(f"{problem.file} 第 {problem.line} 行：{problem.zh}", problem.en)
    return [_evaluated(document, place, case, content) for place, case in _cases(document)]


def _strange_sections(document: Document) -> Iterator[Problem]:
    value = document.value
    if isinstance(value, list) or (isinstance(value, dict) and "screening" in value):
        return
    if not isinstance(value, dict) or not {"cases", "vision_cases"} & set(value):
        yield document.problem((), "这个文件里没有用例（cases）。", "There are no cases in this file.")
        return
    for name in value:
        if name not in SECTIONS:
            yield document.problem((name,), f"不认识“{name}”。", f"Unknown key {name!r}.")
        elif name in ("cases", "vision_cases") and not isinstance(value[name], list):
            yield document.problem((name,), "要写成列表。", "Must be a list.")


def _cases(document: Document) -> Iterator[tuple[Place, Any]]:
    value = document.value
    if isinstance(value, list):
        yield from (((number,), case) for number, case in enumerate(value))
    elif "screening" in value:
        yield (), value
    else:
        for name in ("cases", "vision_cases"):
            yield from (((name, number), case) for number, case in enumerate(value.get(name, ())))


def _evaluated(document: Document, place: Place, case: Any, content: Content) -> EvaluatedCase:
    case_id = str(case.get("id", place[-1] if place else 0)) if isinstance(case, dict) else str(place[-1])
    try:
        case = _as_case(place, case)
        codes, evaluation = _judged(content, case)
    except _WrongCase as error:
        return EvaluatedCase(id=case_id, problem=document.problem((*place, *error.at), error.zh, error.en))
    except Invalid as error:
        name = next(iter(error.fields), None)
        at = (*place, "in", name) if name else place
        return EvaluatedCase(id=case_id, problem=document.problem(at, error.zh, error.en))
    return EvaluatedCase(id=case_id, codes=codes, evaluation=evaluation, expected=case.get("expect"))


class _WrongCase(Invalid):
    """A case that is not written as one; `at` is where in it."""

    def __init__(self, zh: str, en: str, *at: str) -> None:
        super().__init__(zh, en)
        self.at = at


def _as_case(place: Place, case: Any) -> Mapping[str, Any]:
    """Return a case with screening and answers, whichever section it stands in."""
    is_vision = place[:1] == ("vision_cases",)
    if not isinstance(case, dict):
        raise _WrongCase("要写成一个用例。", "Must be a case.")
    for name in case:
        if name not in (VISION_KEYS if is_vision else CASE_KEYS):
            raise _WrongCase(f"用例里没有“{name}”这一项。", f"A case has no key {name!r}.", name)
    if is_vision:
        return {**case, "screening": "SCR_VISION", "in": {"VA_L": case.get("left"), "VA_R": case.get("right")}}
    if "screening" not in case or not isinstance(case.get("in"), dict):
        raise _WrongCase("要写 screening 和 in。", "A case needs screening and in.")
    return case


def _judged(content: Content, case: Mapping[str, Any]) -> tuple[tuple[str, ...], Evaluation]:
    screening_id, age_months = case["screening"], _age(case)
    profile, reminds = _rules_wanted(content, case)
    answers = _answers(content, screening_id, case["in"])
    evaluation = evaluate(content, screening_id, age_months, answers, profile=profile)
    if not reminds:
        return evaluation.codes, evaluation
    alerts = alerts_raised(content, screening_id, answers_as_history(answers, age_months))
    return tuple(alert.code for alert in alerts), evaluation


def _age(case: Mapping[str, Any]) -> int | None:
    age = case.get("age_m")
    if age is not None and (isinstance(age, bool) or not isinstance(age, int) or age < 0):
        raise _WrongCase("age_m 要写整月龄。", "age_m must be whole months.", "age_m")
    return age


def _rules_wanted(content: Content, case: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return the profile to judge by, and whether the reminders are asked for instead of the rules."""
    screening = content.screenings.get(case["screening"])
    profiles = content.screenings[screening.alias_of or screening.id].profiles if screening else {}
    profile, reminds = None, False
    for key in ("profile", "rules"):
        name = case.get(key)
        if name in profiles:
            profile = name
        elif key == "rules" and name == REMINDERS:
            reminds = True
        elif screening and name is not None and name not in USUAL_RULES:
            raise _WrongCase(f"{screening.id} 没有口径或规则表 {name}。", f"{screening.id} has no rules {name!r}.", key)
    return profile, reminds


def _answers(content: Content, screening_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers as the evaluator takes them: a check may stand in the list `checks`, or by its name: true."""
    if screening_id not in content.screenings:
        return dict(given)
    asked = checks_asked(content, screening_id)
    ticked = given.get("checks") or []
    ticked = [ticked] if isinstance(ticked, str) else list(ticked)
    answers = {name: value for name, value in given.items() if name != "checks" and name not in asked}
    return answers | {"checks": ticked + [name for name in asked if given.get(name) is True]}

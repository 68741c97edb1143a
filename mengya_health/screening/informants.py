"""The warning signs as parents and teachers answer them before a check, and beside them the doctor's answers. Pure.

They inform and decide nothing: no rule of a screening reads what they answered.
Source: SCR_WSCST.performer of screenings.yaml; `informants` of warning_signs.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mengya_health.content import Content
from mengya_health.content.warning_signs import WarningSignGroup
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.growth.ages import add_months
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.planned import SIGNS

ANSWERS = "informant_answers"  # a kind of entry: neutral, for kinds are plain columns
INSTRUMENT = "WSCST"
REGRESSION = "ws_reg"
THERE, NOT_THERE = 1, 0
LONGEST_NOTE = 200
POSITIVE = ("positive", "severe")


@dataclass(frozen=True)
class Row:
    """One line of the instrument with everybody's answers: of each informant in their order, and of the doctor.

    Answers are 1 there, 0 not there, the file's `unsure`; None where it was not asked. For the question about going
    backwards (code ws_reg) they are its options' values. `differs`: somebody says there is something, somebody not.
    """

    code: str
    text: str
    told: tuple[int | None, ...]
    doctor: int | None
    differs: bool


def group_on(content: Content, child: ChildFacts, on: date) -> WarningSignGroup | None:
    """Return the signs of a child's age on a day (corrected where it applies), None where the age has none."""
    return content.warning_signs.group_for(child.corrected_months(on))


def group_of(content: Content, key: str | None) -> WarningSignGroup | None:
    """Return the age group that an entry names."""
    return next((group for group in content.warning_signs.groups if group.key == key), None)


def began_on(child: ChildFacts, group: WarningSignGroup, on: date) -> date:
    """Return the day from which a child belongs to an age group, by the age it is judged at on a day."""
    birth_on = child.corrected_birth_on() if child.uses_corrected_age(on) else child.birth_on
    return add_months(birth_on, group.from_month)


def answers_form(content: Content, group: WarningSignGroup) -> type[Form]:
    """Return the form a parent or a teacher fills in: every line is answered, none is preset."""
    signs = content.warning_signs
    yes_or_no = [str(option.value) for option in signs.informants.options]
    told = [str(option.value) for option in signs.regression.parent_options] + [str(signs.informants.unsure)]
    made = {f"ws_{sign.code}": _asked(sign.text, yes_or_no) for sign in group.items}
    made |= {
        REGRESSION: _asked(signs.regression.prompt, told),
        "note": PlainText(longest=LONGEST_NOTE, load_default=""),
    }
    return Form.from_dict(made, name="InformantAnswers")


def answers_content(content: Content, group: WarningSignGroup, said: Mapping[str, str]) -> dict:
    """Return what the entry keeps of a loaded form: instrument, version, age group and every answer."""
    return {
        "instrument": INSTRUMENT,
        "instrument_version": content.warning_signs.version,
        "content_version": content.version,
        "group": group.key,
        "there": {sign.code.lower(): int(said[f"ws_{sign.code}"]) for sign in group.items},
        "regression": int(said[REGRESSION]),
        "note": said["note"],
    }


def typed_answers(said: Mapping) -> dict[str, str]:
    """Return stored answers as the form's values."""
    typed = {f"ws_{code.upper()}": str(value) for code, value in said["there"].items()}
    return typed | {REGRESSION: str(said["regression"]), "note": said["note"]}


def told_before(
    content: Content, entries: Iterable[OpenEntry], group: WarningSignGroup | None, on: date
) -> list[OpenEntry]:
    """Return who answered for an age group shortly before a day, oldest first; of each person the newest answers."""
    since = on - timedelta(days=content.warning_signs.informants.compare_days)
    newest = {}
    for entry in sorted(entries, key=lambda each: (each.happened_on, each.recorded_at)):
        is_of_group = group is not None and entry.kind == ANSWERS and entry.content["group"] == group.key
        if is_of_group and entry.status == "active" and since <= entry.happened_on <= on:
            newest[entry.author_id] = entry
    return sorted(newest.values(), key=lambda each: (each.section != "family", each.happened_on, each.recorded_at))


def stored_answers(entry: OpenEntry) -> dict:
    """Return an informant's answers as the check keeps them: who by role, when, and which revision they stand in."""
    kept = ("instrument", "instrument_version", "group", "there", "regression", "note")
    return {name: entry.content[name] for name in kept} | {
        "entry_id": str(entry.id),
        "entry_version": entry.version,
        "role": entry.author_role,
        "on": entry.happened_on.isoformat(),
    }


def side_by_side(
    content: Content, group: WarningSignGroup | None, told: Sequence[Mapping], signs: Mapping | None
) -> list[Row]:
    """Return the instrument line by line: `told` are stored answers, `signs` the doctor's of a check, None before."""
    unsure = content.warning_signs.informants.unsure
    rows = []
    for sign in group.items if group else ():
        code = sign.code.lower()
        doctor = signs["there"].get(code) if signs else None
        answers = tuple(each["there"].get(code) for each in told)
        rows.append(_row(code, sign.text, answers, None if doctor is None else int(doctor), unsure))
    answers = tuple(each["regression"] for each in told)
    question = content.regression_question
    return [*rows, _row(REGRESSION, question.prompt, answers, signs["regression"] if signs else None, unsure)]


def rescreen_of(
    content: Content, group: WarningSignGroup | None, told: Sequence[Mapping], signs: Mapping, findings: Iterable[dict]
) -> dict | None:
    """Return the re-screen a check proposes because answers differ; None where they do not.

    Where the doctor's own answers are positive the findings propose what follows, and that is a re-screen already.
    """
    if not told or any(each["screening"] == SIGNS and each["level"] in POSITIVE for each in findings):
        return None
    codes = [row.code for row in side_by_side(content, group, told, signs) if row.differs]
    asked = content.warning_signs.informants
    limit = content.time_limits[asked.rescreen_limit]
    return {"codes": codes, "within_days": limit.days, "limit": limit.id, "why": asked.disagreement} if codes else None


def undecided_rescreen(check: Mapping) -> bool:
    """Return whether a stored check proposes a re-screen that nobody has decided."""
    return bool(check.get("rescreen")) and not check.get("rescreen_decision")


def noticed(content: Content, group: WarningSignGroup, said: Mapping) -> dict[str, str]:
    """Return what is there by these answers, by code, in the words that were asked."""
    found = {sign.code.lower(): sign.text for sign in group.items if said["there"].get(sign.code.lower()) == THERE}
    texts = {option.value: option.text for option in content.regression_question.parent_options}
    if said["regression"] not in (NOT_THERE, content.warning_signs.informants.unsure):
        found[REGRESSION] = texts[said["regression"]]
    return found


def _asked(text: str, answers: Sequence[str]) -> Choice:
    missing = f"请点一项：“{text}” Please choose an answer."
    return Choice(*answers, required=True, error_messages={"required": missing})


def _row(code: str, text: str, told: tuple[int | None, ...], doctor: int | None, unsure: int) -> Row:
    definite = {answer for answer in (*told, doctor) if answer not in (None, unsure)}
    return Row(code, text, told, doctor, len(definite) > 1)

"""The doctor looks again: follow-ups, the evaluation, and the step into consolidation."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Unpack
from uuid import UUID

from mengya_health.care import loop, pathway_rules
from mengya_health.care.commands import start
from mengya_health.care.due_dates import follow_up_on, is_last_follow_up
from mengya_health.care.entries import write_entry
from mengya_health.care.facts import CaseFacts
from mengya_health.care.goals import judge_goals
from mengya_health.care.models import Case, CaseStep
from mengya_health.care.queries import OpenCase, facts_of, find_case
from mengya_health.care.signatures import Proof, ask_for_signature, sign_paper
from mengya_health.care.tasks import due_by, end_task, end_tasks, open_tasks, settle, start_task
from mengya_health.errors import Invalid, NotNow
from mengya_health.record.models import Entry
from mengya_health.screening.measurements import Measurement, measured_content
from mengya_health.screening.measuring import kept_looks, urgent_measured
from mengya_health.screening.second_look import SecondLook
from mengya_health.screening.urgent_answer import UNSAID, UrgentAnswer, require_said
from mengya_health.screening.urgent_care import keep_asking

STAGES = {"active": "intervention", "following": "consolidation"}


def record_follow_up(
    work,
    case_id: UUID,
    *,
    text: str = "",
    measurement: Measurement | None = None,
    readings: Iterable[dict] = (),
    checks: Iterable[str] = (),
    dates: Iterable[dict] = (),
    happened_on: date | None = None,
    next_on: date | None = None,
    seen_version: int | None = None,
    goals: Iterable[str] = (),
    answer: UrgentAnswer = UNSAID,
    looks: Iterable[SecondLook] = (),
) -> Entry:
    """Write down a follow-up of an open case; the planned one is done, and the next gets its date.

    `measurement` is judged and its z-scores are kept with it; `readings` are other metrics, {code, value} as typed.
    `checks` are what the doctor ticked of the pathway's rules, `dates` {name, on} what a rule counts from
    (start_of_iron, iron_stopped), `goals` a word of `care.goals` for each goal of the plan. `next_on` wins over the
    pathway's interval. `answer` is what was said about figures that cannot wait, `looks` what was asked back and
    confirmed. Raises NotNow for a closed case, NotSaid, Invalid.
    """
    opened, facts = start(work, case_id, seen_version)
    if facts.loop.is_closed(facts.state):
        raise NotNow("个案已经结束；要继续随访，请先再次打开。", "The case is closed; open it again first.")
    on = happened_on or work.today
    taken = known_readings(work, readings)
    found = urgent_measured(work, opened.child, measurement or Measurement(measured_on=on), as_others(taken))
    said = require_said(work.content, found, answer, work.today)
    measured = measured_content(work, opened.child, measurement) if measurement else {"readings": []}
    content = {
        **measured,
        "text": text,
        "readings": measured["readings"] + taken,
        "checks": list(checks),
        "dates": [{"name": each["name"], "on": str(each["on"])} for each in dates],
        **judge_goals(facts, goals),
        **({"confirmed": kept_looks(looks)} if looks else {}),
        **({"urgent": said} if said else {}),
    }
    entry = write_entry(work, opened, "follow_up", content, happened_on=on)
    keep_asking(work, opened.child, entry.id, said)
    _plan_next(work, opened, facts, on, next_on)
    return entry


def record_evaluation(
    work,
    case_id: UUID,
    *,
    text: str,
    plain_text: str,
    checks: Iterable[str] = (),
    goals: Iterable[str] = (),
    seen_version: int | None = None,
) -> Entry:
    """Write down how far the goals are reached and ask the guardian to sign; `plain_text` is what the family reads.

    `goals` is a word of `care.goals` for each goal of the plan, in its order.
    """
    opened, facts = start(work, case_id, seen_version)
    if facts.state != "active":
        raise NotNow("干预中的个案才写评估。", "Only a case under support is evaluated.")
    said = {"text": text, "plain_text": plain_text, "checks": list(checks)}
    entry = write_entry(work, opened, "evaluation", said | judge_goals(facts, goals))
    end_tasks(work, opened.case, "signature", status="cancelled", reason="other", text="评估另写了一份")
    ask_for_signature(
        work,
        opened,
        None,
        whose_turn="guardian",
        document="evaluation",
        entry_id=entry.id,
        due_on=due_by(work, facts.loop, "evaluation_signature"),
    )
    settle(work, opened.child, opened.case, facts)
    return entry


def sign_evaluation(work, case_id: UUID, *, decision: str = "agree", **proof: Unpack[Proof]) -> Case:
    """Sign the newest evaluation as a guardian: agree, acknowledge or disagree."""
    opened, facts = start(work, case_id, None)
    written = facts.since_entered("evaluation")
    newest = written[-1] if written else None
    sign_paper(work, opened, facts, newest, capacity="guardian", decision=decision, **proof)
    end_tasks(work, opened.case, "signature")
    settle(work, opened.child, opened.case, facts)
    return opened.case


def meet_goals(work, case_id: UUID, *, reason: str = "", seen_version: int | None = None) -> Case:
    """Go over to consolidation. Raises NotNow with everything the pathway, the class or the family still owe."""
    opened, facts = start(work, case_id, seen_version, reason=reason)
    step = loop.move(work, opened.case, "meet_goals", facts=facts)
    end_tasks(work, opened.case, "follow_up", status="cancelled", reason="already_done", step=step)
    start_follow_up(work, opened, step, "consolidation", follow_up_on(facts, "consolidation", 0, work.today))
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def start_follow_up(work, opened: OpenCase, step: CaseStep | None, stage: str, due_on: date) -> None:
    """Plan a follow-up of a stage (intervention, consolidation) on the clinic's list. A building block."""
    start_task(
        work,
        opened.child,
        kind="follow_up",
        whose_turn="doctor",
        due_on=due_on,
        body={"title": "随访", "stage": stage},
        case=opened.case,
        step=step,
    )


def known_readings(work, readings: Iterable[dict]) -> list[dict]:
    """Return readings as entries keep them: decimals as typed, whole numbers as int. Raises Invalid per code."""
    taken, problems = [], {}
    for each in readings:
        code, text = each["code"], str(each["value"]).strip()
        metric = work.content.metrics.get(code)
        number = _number(text, is_decimal=metric is not None and metric.kind == "decimal")
        if metric is None or number is None:
            problems[code] = ["要填数字。 This must be a number."]
        elif not metric.is_possible(number):
            problems[code] = [f"{metric.name}不可能是 {text}，请核对。 Impossible; please check it."]
        else:
            taken.append({"code": code, "value": number if isinstance(number, int) else text})
    if problems:
        raise Invalid(fields=problems)
    return taken


def as_others(readings: Iterable[Mapping]) -> dict[str, int | str]:
    """Return readings as they are kept, by metric code."""
    return {each["code"]: each["value"] for each in readings}


def _number(text: str, *, is_decimal: bool) -> int | Decimal | None:
    try:
        number = Decimal(text) if is_decimal else int(text)
    except (ArithmeticError, ValueError):
        return None
    return number if isinstance(number, int) or number.is_finite() else None


# --- inside -----------------------------------------------------------------------------------------------------------


def _plan_next(work, opened: OpenCase, facts: CaseFacts, on: date, next_on: date | None) -> None:
    """Tick off the planned follow-up and plan the next, unless the pathway's last one showed what closing asks for."""
    stage = STAGES.get(facts.state)
    planned = [task for task in open_tasks(work, opened.case) if task.kind == "follow_up"]
    for task in planned:
        end_task(work, task)
    if stage:
        with_this = _facts_now(work, opened)  # what was just written may change the interval
        done = pathway_rules.follow_ups_in(with_this, facts.state)
        # After a relapse an earlier consolidation may look long enough to close: support always goes on.
        is_last = stage == "consolidation" and is_last_follow_up(with_this, stage, done)
        if not (is_last and pathway_rules.may_close(with_this)):
            due_on = next_on or follow_up_on(with_this, stage, done, on)
            start_follow_up(work, opened, None, stage, due_on)
    settle(work, opened.child, opened.case, facts)


def _facts_now(work, opened: OpenCase) -> CaseFacts:
    work.session.flush()
    return facts_of(work, find_case(work, opened.case.id))

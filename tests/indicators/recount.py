"""The figures of the loop counted once more, by hand: from the history of every child, the loop's file, sealed bodies.

Written apart from the program and more simply: every case is played again event by event, and every question is asked
of every case anew. Only for small districts.
"""

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import select

from mengya_health.care.models import Case, CaseStep, Referral
from mengya_health.config import WORKFLOWS
from mengya_health.history.models import HistoryEvent
from mengya_health.record.models import Entry, Revision

LOOP = yaml.safe_load((WORKFLOWS / "care_loop.v1.yaml").read_text(encoding="utf-8"))["transitions"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
SUPPORTING = ("planning", "active")
ASKED = ("plan", "close", "loop", "agreed", "closed", "rescreened")


def a_year_after(on: date) -> date:
    try:
        return on.replace(year=on.year + 1)
    except ValueError:
        return date(on.year + 1, 2, 28)


def middle(days: list[int]) -> float | None:
    days = sorted(days)
    half = len(days) // 2
    if not days:
        return None
    return days[half] if len(days) % 2 else (days[half - 1] + days[half]) / 2


def share(answers: list[bool]) -> float | None:
    return answers.count(True) / len(answers) if answers else None


def play(work, case: Case) -> list[list[tuple]]:
    """Return the rounds of a case, each a list of (day, event, state before, state after); what was undone is gone."""
    rows = {row.id: row for row in work.session.scalars(select(CaseStep).where(CaseStep.case_id == case.id))}
    chain = select(HistoryEvent).where(HistoryEvent.child_id == case.child_id).order_by(HistoryEvent.child_seq)
    events = [json.loads(row.event) | {"step": rows[row.rec]} for row in work.session.scalars(chain) if row.rec in rows]
    undone = set()
    for each in events:
        if each["op"] == "take_back":
            row = each["step"]
            body = work.keys.open_body("case_step", row.id, row.child_id, "health", row.body)
            undone |= {row.seq, *body["undone"]}
    rounds, state = [[]], "start"
    for each in events:
        if each["step"].seq in undone:
            if each["op"] == "open":  # a case is never unopened
                state = "watching"
            continue
        on = datetime.fromisoformat(each["at"]).astimezone(SHANGHAI).date()
        after = LOOP[state][each["op"]]["to"]
        if each["op"] == "reopen":
            rounds.append([])
        rounds[-1].append((on, each["op"], state, after))
        state = after
    assert state == case.state
    return rounds


def recount(work, cases: list[Case], first_on: date, last_on: date) -> dict[str, tuple[float | None, int]]:
    """Return every figure over a period with of how many it was taken, by the names of indicators.yaml."""

    def within(on: date | None) -> bool:
        return on is not None and first_on <= on <= last_on

    found = {name: [] for name in (*ASKED, "hands")}
    for case in cases:
        for events in play(work, case):
            question(events, within, last_on, found)
            _hands(work, case, events, within, found)
    due = select(Referral).where(Referral.case_id.in_([case.id for case in cases]))
    letters = [each for each in work.session.scalars(due) if within(each.reply_due_on) and not _is_recalled(each)]
    replies = _replies(work, letters)
    answered = [letter.id in replies and replies[letter.id] <= last_on for letter in letters]
    seen = [letter.visited_on is not None and letter.visited_on <= last_on for letter in letters]
    both = [answer for answer, visit in zip(answered, seen, strict=True) if visit]
    medians = {"K_DAYS_PLAN": found["plan"], "K_DAYS_CLOSE": found["close"], "K_DAYS_LOOP": found["loop"]}
    shares = {
        "K_REPLIED": answered, "K_REFER_VISIT": seen, "K_FEEDBACK": both, "K_RESCREEN": found["rescreened"],
        "K_AGREED": found["agreed"], "K_CLOSE": found["closed"], "K_TRIPARTITE": found["hands"],
    }  # fmt: skip
    return {name: (middle(days), len(days)) for name, days in medians.items()} | {
        name: (share(answers), len(answers)) for name, answers in shares.items()
    }


def question(events: list[tuple], within, last_on: date, found: dict[str, list]) -> None:
    """Ask one round, as `play` returns it, everything that its steps can answer, and note the answers in `found`."""
    names = [event for _on, event, _before, _after in events]
    first_plan = names.index("plan") if "plan" in names else None
    before_plan = events if first_plan is None else events[:first_plan]
    screened = [on for on, event, _before, _after in before_plan if event in ("flag", "reopen")]
    screened_on = screened[-1] if screened else None
    planned_on = None if first_plan is None else events[first_plan][0]
    closed_on = next((on for on, _event, _before, after in events if after == "resolved"), None)
    agreed = [on for on, event, _before, _after in events if event == "agree"]
    if within(planned_on):
        found["agreed"].append(bool(agreed) and agreed[0] <= last_on)
        if screened_on:
            found["plan"].append((planned_on - screened_on).days)
    if within(closed_on) and planned_on:
        found["close"].append((closed_on - planned_on).days)
        if screened_on:
            found["loop"].append((closed_on - screened_on).days)
    if screened_on and within(a_year_after(screened_on)):
        found["closed"].append(closed_on is not None and closed_on <= last_on)
    for place, (on, event, _before, _after) in enumerate(events):
        if event == "rescreen" and within(on + timedelta(days=30)):
            later = events[place + 1 :]
            left = next(((day, to) for day, _e, before, to in later if before == "rescreening" != to), None)
            in_time = left is not None and left[0] <= on + timedelta(days=30)
            if not (in_time and left[1] == "stopped"):
                found["rescreened"].append(in_time)


# --- inside -----------------------------------------------------------------------------------------------------------


def _hands(work, case: Case, events: list[tuple], within, found: dict[str, list]) -> None:
    """Ask of support that ended in the period whether all three had written something from the agreement on."""
    names = [event for _on, event, _before, _after in events]
    if "agree" not in names:
        return
    place = names.index("agree")
    ends = [on for on, _e, before, after in events[place:] if before in SUPPORTING and after not in SUPPORTING]
    if ends and within(ends[0]):
        rows = work.session.scalars(select(Entry).where(Entry.child_id == case.child_id))
        wrote = {
            row.section
            for row in rows
            if events[place][0] <= row.happened_on <= ends[0] and row.status != "entered-in-error"
        }
        found["hands"].append({"health", "behaviour", "family"} <= wrote)


def _is_recalled(letter: Referral) -> bool:
    return letter.status == "entered-in-error"


def _replies(work, letters: list[Referral]) -> dict:
    """Return on which day each letter was answered, from what the replies themselves say they answer."""
    children = {letter.child_id for letter in letters}
    found = {}
    for entry in work.session.scalars(select(Entry).where(Entry.kind == "referral_feedback")):
        if entry.child_id in children:
            first = work.session.get(Revision, (entry.id, 1))
            body = work.keys.open_revision(entry.child_id, "health", entry.id, 1, first.body, first.commit)
            said = body["referral"]
            found[said] = entry.recorded_at.astimezone(SHANGHAI).date()
    return {letter.id: found[str(letter.id)] for letter in letters if str(letter.id) in found}

"""What is counted of a case, against a recount that plays it event by event; cases are drawn from the loop's table."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mengya_health.care.loop import loop_of
from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.indicators.grouping import shown_alone
from mengya_health.indicators.measures import ReferralRow, figure, observe
from mengya_health.indicators.periods import Period, finished, running
from mengya_health.indicators.rounds import StepRow, rounds_of
from tests.indicators.recount import ASKED, LOOP, SHANGHAI, middle, question

CONTENT = load_content(WORKFLOWS)
STAGES = {name: state.stage for name, state in loop_of(CONTENT).states.items()}
START = datetime(2026, 1, 5, 1, tzinfo=UTC)
NAMES = dict(
    zip(ASKED, ("K_DAYS_PLAN", "K_DAYS_CLOSE", "K_DAYS_LOOP", "K_AGREED", "K_CLOSE", "K_RESCREEN"), strict=True)
)
CASE, CHILD, PLACE = UUID(int=1), UUID(int=2), UUID(int=3)
# One save: which of the events that the state has, one after the other; then the days until the next save.
saves = st.lists(
    st.tuples(st.lists(st.integers(0, 9), min_size=1, max_size=3), st.booleans(), st.integers(0, 70)),
    min_size=3,
    max_size=24,
)


def played(drawn) -> tuple[list[StepRow], list[list[tuple]]]:
    """Return the rows of a case drawn save by save, some taken back, and the rounds as they stand."""
    rows, rounds, state, round_, at = [], [[]], "start", 1, START
    for choices, is_taken_back, days in drawn:
        before, saved = (state, round_, [list(each) for each in rounds]), []
        for choice in choices:
            events = sorted(LOOP[state])
            event = events[choice % len(events)]
            to = LOOP[state][event]["to"]
            if event == "reopen":
                round_ += 1
                rounds.append([])
            from_state = None if state == "start" else state
            saved.append(StepRow(CASE, CHILD, PLACE, event, from_state, to, round_, at))
            rounds[-1].append((at.astimezone(SHANGHAI).date(), event, state, to))
            state = to
        rows += saved
        if is_taken_back and before[0] != "start":
            went_from = state
            state, round_, rounds = before
            later = at + timedelta(minutes=5)
            rows.append(StepRow(CASE, CHILD, PLACE, "take_back", went_from, state, round_, later))
        at += timedelta(days=days, minutes=7)
    return rows, rounds


@given(saves, st.integers(0, 900), st.sampled_from((91, 365)))
def test_rounds_answer_as_a_recount_that_plays_them_event_by_event(drawn, first, length):
    rows, rounds = played(drawn)
    first_on = START.date() + timedelta(days=first)
    period = Period("year", first_on, first_on + timedelta(days=length))
    observed = observe(period, rounds_of(rows, STAGES), (), (), CONTENT.time_limits)
    found = {name: [] for name in ASKED}
    for events in rounds:
        question(events, period.holds, period.last_on, found)
    for name, indicator in NAMES.items():
        seen = observed.get(indicator, {}).get(PLACE, [])
        assert sorted(seen) == sorted(map(int, found[name])), name


def test_a_screening_that_was_cleared_is_not_what_a_later_plan_answers():
    on = [START + timedelta(days=days) for days in (0, 5, 100, 107, 110)]
    steps = [
        StepRow(CASE, CHILD, PLACE, "flag", "watching", "positive", 1, on[0]),
        StepRow(CASE, CHILD, PLACE, "clear", "positive", "watching", 1, on[1]),
        StepRow(CASE, CHILD, PLACE, "flag", "watching", "positive", 1, on[2]),
        StepRow(CASE, CHILD, PLACE, "plan", "positive", "planning", 1, on[3]),
        StepRow(CASE, CHILD, PLACE, "decline", "planning", "positive", 1, on[4]),
    ]
    (told,) = rounds_of(steps, STAGES)
    assert (told.planned_on - told.screened_on).days == 7


def test_the_first_agreement_counts_and_a_case_that_was_stopped_owed_no_second_look():
    period = Period("quarter", date(2026, 1, 1), date(2026, 3, 31))
    walk = [
        (0, "rescreen", "positive", "rescreening"), (3, "stop", "rescreening", "stopped"),
        (4, "reopen", "stopped", "positive"), (6, "rescreen", "positive", "rescreening"),
        (50, "plan", "rescreening", "planning"), (60, "agree", "planning", "active"),
        (61, "revise", "active", "planning"), (200, "agree", "planning", "active"),
    ]  # fmt: skip
    steps = [
        StepRow(CASE, CHILD, PLACE, event, before, after, 1 + (days > 3), START + timedelta(days=days))
        for days, event, before, after in walk
    ]
    observed = observe(period, rounds_of(steps, STAGES), (), (), CONTENT.time_limits)
    assert observed["K_RESCREEN"] == {PLACE: [0]}
    assert observed["K_AGREED"] == {PLACE: [1]}


def test_a_reply_counts_from_the_day_it_was_written_down_and_only_up_to_the_last_day():
    period = Period("quarter", date(2026, 7, 1), date(2026, 9, 30))
    late = datetime(2026, 9, 30, 17, tzinfo=UTC)  # in China it is October
    letters = [
        ReferralRow(CHILD, PLACE, date(2026, 8, 1), late - timedelta(hours=2)),
        ReferralRow(CHILD, PLACE, date(2026, 8, 1), late),
        ReferralRow(CHILD, PLACE, None, None),
        ReferralRow(CHILD, PLACE, date(2026, 10, 2), None),
    ]
    observed = observe(period, (), letters, (), CONTENT.time_limits)
    seen = {name: sorted(by_place[PLACE]) for name, by_place in observed.items()}
    assert seen == {"K_REPLIED": [0, 0, 0, 1], "K_REFER_VISIT": [0, 0, 1, 1], "K_FEEDBACK": [0, 1]}


@given(st.lists(st.integers(0, 400)))
def test_a_figure_is_the_middle_of_days_or_the_share_of_yes(days):
    assert figure("days", days).value == middle(days)
    yes = [day % 2 for day in days]
    told = figure("share", yes)
    assert told.value == (sum(yes) / len(yes) if yes else None)
    assert (told.number, told.part) == (len(yes), sum(yes))


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 30)), st.integers(2, 6))
def test_what_is_shown_and_what_is_left_over_is_of_k_or_more(numbers, k):
    alone = shown_alone(numbers, k)
    assert all(numbers[place] >= k for place in alone)
    left = sum(number for place, number in numbers.items() if place not in alone)
    assert left == 0 or left >= k or not alone  # not one is shown: nothing can be taken away from the whole


def test_a_small_place_is_hidden_together_with_the_smallest_of_the_others():
    assert shown_alone({"a": 20, "b": 6, "c": 5}, 5) == ["a", "b", "c"]
    assert shown_alone({"a": 20, "b": 6, "c": 3}, 5) == ["a"]
    assert shown_alone({"a": 20, "b": 3, "c": 2}, 5) == ["a"]
    assert shown_alone({"a": 20, "b": 0}, 5) == ["a"]
    assert shown_alone({"a": 3}, 5) == []


def test_periods_run_up_to_today_or_end_with_a_quarter_that_is_over():
    today = date(2026, 11, 23)
    assert running("year", today) == Period("year", date(2025, 11, 24), today)
    assert running("quarter", date(2026, 5, 31)) == Period("quarter", date(2026, 3, 1), date(2026, 5, 31))
    assert finished("quarter", today) == Period("quarter", date(2026, 7, 1), date(2026, 9, 30))
    assert finished("year", today) == Period("year", date(2025, 10, 1), date(2026, 9, 30))
    assert finished("quarter", date(2026, 1, 1)) == Period("quarter", date(2025, 10, 1), date(2025, 12, 31))


def test_every_indicator_that_says_how_it_is_counted_is_counted_and_no_other():
    counted = {name for name, each in CONTENT.indicators.items() if each.counted}
    assert counted == {*NAMES.values(), "K_REPLIED", "K_REFER_VISIT", "K_FEEDBACK", "K_TRIPARTITE"}

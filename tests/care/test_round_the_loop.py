"""The whole loop, once for each pathway that is complete: relapse, closing by three hands, opening again."""

import pytest

from mengya_health.care import commands, plans
from mengya_health.care.models import Referral
from mengya_health.errors import NotNow
from tests.care.walking import STORIES, Walk, lines_of


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.pathway)
def test_a_case_goes_round_relapses_closes_by_three_hands_and_opens_again(
    installation, work_as, clock, district, story
):
    walk = Walk(installation, work_as, clock, story, district).prepare()
    screened = walk.screen(story.low)
    walk.open()
    assert (walk.state, walk.turn) == ("watching", "doctor")
    walk.flag()
    assert (walk.state, walk.turn) == ("positive", "doctor")

    referral_id = walk.refer()
    assert (walk.state, walk.turn) == ("referred", "specialist")
    walk.answer_referral(referral_id)
    assert (walk.state, walk.turn) == ("referred", "doctor")

    walk.make_plan()
    assert (walk.state, walk.turn) == ("planning", "guardian")
    with walk.as_(walk.mother) as work:
        question = plans.ask_first(work, walk.case_id, question="要做多久？")
    assert (walk.state, walk.turn) == ("planning", "doctor")
    (asked,) = walk.open_tasks("question")
    assert asked.subject_id == question.id
    with walk.as_(walk.doctor) as work:
        plans.answer_question(work, asked.id, text="先做八周")
    assert walk.turn == "guardian"
    walk.agree()
    assert walk.state == "active"

    walk.support()
    assert (walk.state, walk.turn) == ("following", "doctor")
    walk.screen(story.low)
    walk.relapse(screened)
    assert (walk.state, walk.turn) == ("planning", "guardian")
    walk.agree()
    walk.support()
    assert walk.state == "following"

    walk.consolidate()
    walk.propose_closure()
    assert (walk.state, walk.turn) == ("confirming", "teacher")
    walk.confirm_in_class()
    assert (walk.state, walk.turn) == ("confirming", "guardian")
    walk.confirm_closure()
    assert (walk.state, walk.turn) == ("resolved", "")
    assert walk.open_tasks() == []

    with walk.as_(walk.doctor) as work:
        commands.reopen(work, walk.case_id, reason="家长又担心")
    (line,) = lines_of(walk)
    assert (line.state, line.round) == ("positive", 2)
    assert line.number.endswith("-02")
    events = [step.event for step in walk.facts().steps]
    assert events == [
        "open", "flag", "refer", "plan", "ask_first", "agree", "meet_goals", "relapse", "agree", "meet_goals",
        "propose_closure", "confirm_stable", "confirm_closure", "reopen",
    ]  # fmt: skip


def test_a_case_waits_for_the_reply_unless_its_pathway_lets_both_run(installation, work_as, clock, district):
    waiting = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    waiting.screen(STORIES[0].low)
    waiting.open()
    waiting.flag()
    referral_id = waiting.refer()
    with pytest.raises(NotNow) as refused:
        waiting.make_plan()
    assert [missing.condition for missing in refused.value.missing] == ["plan_may_run_beside_referral"]
    assert refused.value.missing[0].whose_turn == "specialist"
    with waiting.work_as(waiting.doctor) as work:
        assert work.session.get(Referral, referral_id).status == "requested"

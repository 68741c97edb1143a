"""The workflow file: every stage can be reached, every case can end, every name in it answers to something."""

import pytest

from mengya_health.access import rules
from mengya_health.care import conditions, loop_shown
from mengya_health.care.workflow import START
from mengya_health.care.workflow_file import load_workflow
from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.errors import StartRefused

FILE = WORKFLOWS / "care_loop.v1.yaml"


@pytest.fixture(scope="module")
def content():
    return load_content(WORKFLOWS)


@pytest.fixture(scope="module")
def workflow(content):
    return load_workflow(content)


def reachable(workflow, start: str) -> set[str]:
    found, ahead = set(), {start}
    while ahead:
        state = ahead.pop()
        found.add(state)
        ahead |= {way.to for way in workflow.transitions[state].values()} - found
    return found


def test_every_state_is_reached_from_the_start(workflow):
    assert reachable(workflow, START) == {START, *workflow.states}


def test_every_stage_has_a_state(workflow):
    assert {state.stage for state in workflow.states.values()} == set(workflow.stages)


def test_every_case_can_end_from_wherever_it_is(workflow):
    for state in workflow.states:
        assert any(workflow.is_closed(found) for found in reachable(workflow, state)), state


def test_every_open_case_can_be_stopped_and_every_closed_one_opened_again(workflow):
    for name in workflow.states:
        assert ("stop" in workflow.transitions[name]) is not workflow.is_closed(name)
        assert ("reopen" in workflow.transitions[name]) is workflow.is_closed(name)


def test_every_rule_and_condition_exists_and_is_used(workflow):
    ways = [way for events in workflow.transitions.values() for way in events.values()]
    assert {rule for way in ways for rule in (*way.by, *way.release)} <= set(rules.BY_NAME)
    assert {name for way in ways for name in way.conditions} == set(workflow.conditions) == set(conditions.BY_NAME)
    sent = {event for events in workflow.transitions.values() for event in events}
    assert sent | {"take_back"} == set(workflow.events)


def test_consent_is_never_released(workflow):
    consents = {name for name, text in workflow.conditions.items() if text.kind == "consent"}
    assert {"plan_is_signed", "closing_summary_is_signed", "receiver_is_consented"} <= consents
    evidence = {name for name, text in workflow.conditions.items() if text.kind == "evidence"}
    assert not consents & evidence


def test_families_never_read_a_hard_word(workflow):
    plain = [state.plain for state in workflow.states.values() if state.plain]
    assert not any(word in text for text in plain for word in ("阳性", "疑似", "异常"))


def test_every_task_of_the_menu_has_a_rhythm(workflow, content):
    assert {task.frequency for task in content.tasks.values()} <= set(workflow.rhythms)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("by: &doctor [clinic_doctor_of,", "by: &doctor [clinic_doctor_off,", "clinic_doctor_off"),
        ("if: [pathway_is_free]}", "if: [pathway_is_fre]}", "pathway_is_fre"),
        ("open: {to: watching,", "open: {to: watchin,", "watchin"),
        ("turn: guardian_unless_asked", "turn: guardian_unless_askd", "guardian_unless_askd"),
        ("limit: SLA_RESCREEN, pathway: watch", "limit: SLA_RESCREAM, pathway: watch", "SLA_RESCREAM"),
        ("  每周5天: {every_days: 1}\n", "", "每周5天"),
        ("    plain: 再检查一次\n", "    plane: 再检查一次\n", "plane"),
    ],
)
def test_a_name_that_nothing_answers_to_stops_the_start_with_file_and_line(tmp_path, content, was, becomes, said):
    text = FILE.read_text()
    assert was in text
    changed = tmp_path / "care_loop.v1.yaml"
    changed.write_text(text.replace(was, becomes, 1))
    with pytest.raises(StartRefused) as refused:
        load_workflow(content, changed)
    assert said in refused.value.zh or "Unknown field" in refused.value.zh
    assert "care_loop.v1.yaml:" in refused.value.zh


def test_the_table_lists_each_way_once():
    rows = loop_shown.loop_table()
    assert len({(row["state"], row["event"]) for row in rows}) == len(rows)
    assert {"state": START, "event": "open", "to": "watching"}.items() <= rows[0].items()


def test_the_picture_in_the_readme_is_the_one_the_file_gives():
    readme = (WORKFLOWS.parent / "README.md").read_text()
    _, _, rest = readme.partition("<!-- loop -->\n")
    block, end, _ = rest.partition("\n<!-- /loop -->")
    assert end, "README.md has no block between <!-- loop --> and <!-- /loop -->"
    assert block == f"```mermaid\n{loop_shown.loop_picture()}\n```", "mengya loop picture says something else"


def test_the_picture_shows_every_state_and_every_step(workflow):
    picture = loop_shown.loop_picture()
    for name, state in workflow.states.items():
        assert f'{state.name}" as {name}' in picture
    for way in loop_shown.ways_of(workflow):
        start = "[*]" if way.state == START else way.state
        (arrow,) = [line for line in picture.splitlines() if line.startswith(f"    {start} --> {way.to}: ")]
        assert f"{way.event_zh}（{way.by_zh}）" in arrow

"""workflows/care_loop.v1.yaml, read and checked when the program starts.

An unknown rule, condition, state, turn, limit or task stops the start with the file and the line it stands on.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields

from mengya_health.access import rules
from mengya_health.care import conditions, turns
from mengya_health.care.workflow import (
    NOTHING_IS_DUE,
    START,
    ConditionText,
    Decision,
    Limits,
    ReferralClocks,
    Rhythm,
    StateName,
    Transition,
    Workflow,
)
from mengya_health.config import WORKFLOWS
from mengya_health.content import Content
from mengya_health.content.documents import Place, read_document
from mengya_health.content.shapes import Shape, one_of, whole, word_list, words
from mengya_health.errors import StartRefused

FILE = "care_loop.v1.yaml"
KINDS = ("evidence", "consent", "given", "rule")
TURNS = ("doctor", "specialist", "teacher", "guardian", "actor")  # actor: whoever tries


class MetaShape(Shape):
    id = words(required=True)
    version = whole(required=True, least=1)
    title = words(required=True)


class LimitsShape(Shape):
    makes = Limits
    take_back_minutes = whole(required=True)
    observation_days = whole(required=True)
    home_records = whole(required=True)
    unconfirmed_days = whole(required=True)
    unconfirmed_contacts = whole(required=True)
    lost_after = words(required=True)
    receiver_days = whole(required=True)
    answered_receiver_days = whole(required=True)
    conference_days = whole(required=True)


class ReferralClocksShape(Shape):
    makes = ReferralClocks
    booked = words(required=True)
    tracked = words(required=True)


class RhythmShape(Shape):
    makes = Rhythm
    every_days = whole(required=True, least=1)
    times = whole(least=1)


class DecisionShape(Shape):
    makes = Decision
    title = words(required=True)
    limit = words(required=True)
    pathway = one_of("watch")
    when = one_of(NOTHING_IS_DUE)


class StateShape(Shape):
    makes = StateName
    name = words(required=True)
    plain = words()
    stage = words(required=True)
    turn = words(required=True)
    decide = fields.Nested(DecisionShape)


class ConditionShape(Shape):
    makes = ConditionText
    title = words(required=True)
    what = words(required=True)
    why = words(required=True)
    turn = one_of(*TURNS, required=True)
    kind = one_of(*KINDS, required=True)
    fix = fields.Dict(keys=words(), values=words(), required=True)


class TransitionShape(Shape):
    makes = Transition
    to = words(required=True)
    by = word_list(required=True)
    conditions = fields.List(words(), required=True, data_key="if")
    release = word_list()


class WorkflowShape(Shape):
    meta = fields.Nested(MetaShape, required=True)
    deciders = fields.Dict(keys=words(), values=words(), required=True)
    limits = fields.Nested(LimitsShape, required=True)
    due = fields.Dict(keys=words(), values=words(), required=True)
    clocks = fields.Dict(keys=words(), values=words(), required=True)
    referral_clocks = fields.Nested(ReferralClocksShape, required=True)
    urgencies = word_list(required=True)
    needs_instruction = word_list(required=True)
    beside_referral = word_list(required=True)
    rhythms = fields.Dict(keys=words(), values=fields.Nested(RhythmShape), required=True)
    contact_ways = fields.Dict(keys=words(), values=words(), required=True)
    feedback_results = fields.Dict(keys=words(), values=words(), required=True)
    not_done_reasons = fields.Dict(keys=words(), values=words(), required=True)
    stages = fields.Dict(keys=words(), values=words(), required=True)
    states = fields.Dict(keys=words(), values=fields.Nested(StateShape), required=True)
    events = fields.Dict(keys=words(), values=words(), required=True)
    conditions = fields.Dict(keys=words(), values=fields.Nested(ConditionShape), required=True)
    transitions = fields.Dict(
        keys=words(), values=fields.Dict(keys=words(), values=fields.Nested(TransitionShape)), required=True
    )


def load_workflow(content: Content, path: Path = WORKFLOWS / FILE) -> Workflow:
    """Return the loop. Raises StartRefused naming every problem in the file with its line."""
    document = read_document(path, path.name)
    problems = list(document.problems)
    if not problems:
        try:
            loaded = WorkflowShape().load(document.value)
        except ValidationError as error:
            problems = [document.problem(place, text, "") for place, text in _messages(error.messages)]
    if not problems:
        workflow = _workflow(loaded)
        problems = [document.problem(*found) for found in _unknown_names(workflow, content)]
    if problems:
        listed = "\n".join(dict.fromkeys(str(each) for each in sorted(problems, key=lambda each: each.line)))
        raise StartRefused(f"闭环文件有 {len(problems)} 处要改：\n{listed}", "The workflow file has problems.")
    return workflow


def _workflow(loaded: Mapping[str, Any]) -> Workflow:
    meta = loaded["meta"]
    parts = {name: loaded[name] for name in Workflow.__dataclass_fields__ if name in loaded}
    return Workflow(id=meta["id"], version=meta["version"], title=meta["title"], **parts)


def _messages(nested: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield what marshmallow found, with its place in the file (its dictionaries nest under key and value)."""
    if isinstance(nested, Mapping):
        for key, inner in nested.items():
            yield from _messages(inner, place if key in ("key", "value") else (*place, key))
        return
    for message in nested:
        yield place, str(message)


def _unknown_names(workflow: Workflow, content: Content) -> Iterator[tuple[Place, str, str]]:
    """Yield each name that nothing answers to, with its place."""
    for place, name, known in _names(workflow, content):
        if name not in known:
            yield place, f"“{name}”不存在。", f"{name} is unknown."
    for task in content.tasks.values():
        if task.frequency not in workflow.rhythms:
            yield ("rhythms",), f"{task.id} 的频次“{task.frequency}”没有写隔几天记一次。", "A frequency is missing."
    for name in conditions.BY_NAME.keys() - workflow.conditions.keys():
        yield ("conditions",), f"条件 {name} 没有说明文字。", f"The condition {name} has no texts."


def _names(workflow: Workflow, content: Content) -> Iterator[tuple[Place, str, Any]]:
    """Yield every name the file uses, with its place and the names there are."""
    for name in workflow.conditions:
        yield ("conditions", name), name, conditions.BY_NAME
    for name, state in workflow.states.items():
        yield ("states", name, "turn"), state.turn, turns.BY_NAME
        yield ("states", name, "stage"), state.stage, workflow.stages
        if state.decide:
            yield ("states", name, "decide"), state.decide.limit, content.time_limits
    for part in ("due", "clocks", "referral_clocks"):
        yield from (((part, name), limit, content.time_limits) for name, limit in _pairs(getattr(workflow, part)))
    yield ("limits", "lost_after"), workflow.limits.lost_after, content.time_limits
    for position, limit in enumerate(workflow.urgencies):
        yield ("urgencies", position), limit, content.time_limits
    for position, task in enumerate(workflow.needs_instruction):
        yield ("needs_instruction", position), task, content.tasks
    for position, pathway in enumerate(workflow.beside_referral):
        yield ("beside_referral", position), pathway, content.pathways
    for name in workflow.deciders:
        yield ("deciders", name), name, rules.BY_NAME
    yield from _names_of_transitions(workflow)


def _pairs(named: Any) -> Iterable[tuple[str, str]]:
    return (named if isinstance(named, Mapping) else vars(named)).items()


def _names_of_transitions(workflow: Workflow) -> Iterator[tuple[Place, str, Any]]:
    for state, events in workflow.transitions.items():
        yield ("transitions", state), state, {START, *workflow.states}
        for event, transition in events.items():
            place = ("transitions", state, event)
            yield place, event, workflow.events
            yield (*place, "to"), transition.to, workflow.states
            yield (
                (*place, "by"),
                next((rule for rule in transition.by if rule in workflow.deciders), "by"),
                rules.BY_NAME,
            )
            for key, used, known in (
                ("by", transition.by, rules.BY_NAME),
                ("if", transition.conditions, workflow.conditions),
                ("release", transition.release, rules.BY_NAME),
            ):
                for position, name in enumerate(used):
                    yield (*place, key, position), name, known

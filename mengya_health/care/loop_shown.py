"""The loop for reading, from the same file that runs it: its table, its picture, and each step in words."""

from dataclasses import dataclass

from mengya_health.care.loop import loop_of
from mengya_health.care.workflow import START, Transition, Workflow
from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content

STOP = "stop"  # possible from every open state
# Stage → the class of its states in the picture: fill and line of the product's own colours.
PAINT = {
    "prevention": "fill:#eaf4e1,stroke:#5a9636",
    "screening": "fill:#fff3e0,stroke:#c8741a",
    "intervention": "fill:#ffe6c8,stroke:#c8741a",
    "consolidation": "fill:#e2f0d6,stroke:#2e6220",
    "closed": "fill:#f2f0ea,stroke:#8b8878",
}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One row of the table in words: an event of a state, who decides, where it leads, only if what.

    `release_zh` says who may let a missing piece of evidence pass; empty where nobody may.
    """

    state: str
    event: str
    event_zh: str
    to: str
    by_zh: str
    only_if_zh: tuple[str, ...]
    release_zh: str


def loop_table() -> list[dict]:
    """Return the whole table, one row per state and event: state, event, by, if, to."""
    return [
        {"state": state, "event": event, "by": list(way.by), "if": list(way.conditions), "to": way.to}
        for state, events in loop_of(load_content(WORKFLOWS)).transitions.items()
        for event, way in events.items()
    ]


def ways_of(loop: Workflow) -> list[Way]:
    """Return the table in words, in the order of the file."""
    return [
        Way(
            state=state,
            event=event,
            event_zh=loop.events[event],
            to=way.to,
            by_zh=decider(loop, way),
            only_if_zh=tuple(loop.conditions[name].title for name in way.conditions),
            release_zh="、".join(loop.deciders[rule] for rule in way.release),
        )
        for state, events in loop.transitions.items()
        for event, way in events.items()
    ]


def decider(loop: Workflow, way: Transition) -> str:
    """Return who decides a step, in the words of the file."""
    return next(loop.deciders[rule] for rule in way.by if rule in loop.deciders)


def loop_picture() -> str:
    """Return the loop as a Mermaid state diagram: states in Chinese, arrows with the event and who decides it."""
    loop = loop_of(load_content(WORKFLOWS))
    lines = ["stateDiagram-v2", "    direction TB"]
    lines += [f'    state "{loop.stages[each.stage]} · {each.name}" as {name}' for name, each in loop.states.items()]
    lines += [f"    {_end(state)} --> {_end(to)}: {said}" for (state, to), said in _arrows(loop).items()]
    lines += [f"    classDef {stage} {PAINT[stage]}" for stage in loop.stages]
    lines += [f"    class {name} {each.stage}" for name, each in loop.states.items()]
    return "\n".join(lines)


def _arrows(loop: Workflow) -> dict[tuple[str, str], str]:
    """Return what stands at each arrow; two states have one arrow each way, however many events lead along it."""
    said: dict[tuple[str, str], list[str]] = {}
    for way in ways_of(loop):
        said.setdefault((way.state, way.to), []).append(f"{way.event_zh}（{way.by_zh}）")
    return {ends: "<br/>".join(texts) for ends, texts in said.items()}


def _end(state: str) -> str:
    return "[*]" if state == START else state

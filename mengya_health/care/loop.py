"""The loop at work: `move` alone changes a case's state. The only module that knows python-statemachine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import SimpleNamespace

from sqlalchemy.exc import IntegrityError as DuplicateKey
from sqlalchemy.orm.exc import StaleDataError
from statemachine import State, StateChart

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.access.rules import BY_NAME as RULES
from mengya_health.care import conditions, turns
from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import Case, CaseStep
from mengya_health.care.turns import OpenTask
from mengya_health.care.workflow import START, Transition, Workflow
from mengya_health.care.workflow_file import load_workflow
from mengya_health.content import Content
from mengya_health.db import new_id
from mengya_health.errors import Conflict, NotFound, NotNow, NotPermitted
from mengya_health.history import chain

TAKE_BACK = "take_back"
GUARDIANS_OWN = "signing_guardian_of"  # the rule of events that only a guardian who signs may send
REOPEN = "reopen"  # begins the next round
_LOADED: dict[str, Workflow] = {}  # by content version: the loop is checked against one content


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way of an event, why it matters, whose turn it is, and what would fix it."""

    condition: str
    what_zh: str
    why_zh: str
    whose_turn: str
    fix: tuple[tuple[str, str], ...] = ()  # (button label, target that pages know)
    evidence_zh: str = ""
    is_releasable: bool = False


@dataclass(frozen=True)
class Condition:
    """One condition of an event as a page shows it, met or not."""

    name: str
    title_zh: str
    is_met: bool
    evidence_zh: str
    whose_turn: str
    kind: str
    is_released: bool
    missing: Missing | None


def loop_of(content: Content) -> Workflow:
    """Return the loop that goes with this content, read and checked once. Raises StartRefused."""
    if content.version not in _LOADED:
        _LOADED[content.version] = load_workflow(content)
    return _LOADED[content.version]


def allowed_events(loop: Workflow, state: str, actor, subject) -> list[str]:
    """Return the events this actor may try in a state, read from the table; conditions are not asked."""
    return [event for event, way in loop.transitions[state].items() if _holds(way.by, actor, subject)]


def conditions_of(facts: CaseFacts, event: str) -> list[Condition]:
    """Return every condition of an event in the case's present state, in the order of the file; [] for no event."""
    way = facts.loop.transitions[facts.state].get(event)
    return [_condition(facts, event, way, name) for name in way.conditions] if way else []


def move(work, case: Case, event: str, *, facts: CaseFacts, reason: str = "", noted: Mapping | None = None) -> CaseStep:
    """Move a case, and write the step, its history and its audit row in this unit of work.

    `facts` are of this moment, with what the actor supplies. `noted` goes sealed into the step beside the reason.
    Raises NotPermitted (somebody else decides), NotNow (with everything that is missing), Conflict (somebody moved
    it first). A refusal writes nothing but an audit row.
    """
    require_decider(work, facts, event)
    return _move(work, case, event, facts, reason, noted)


def move_on_paper(work, case: Case, event: str, *, facts: CaseFacts, noted: Mapping) -> CaseStep:
    """Move a case by what a guardian decided on paper, in the name of the second witness.

    Only for an event that is a signing guardian's. The conditions are those of every other way: without a paper of this
    version, seen by two of the staff, none of them holds. Raises NotNow, Conflict, NotPermitted.
    """
    way = facts.loop.transitions[facts.state].get(event)
    if way is None or GUARDIANS_OWN not in way.by:
        raise NotPermitted
    require(work.actor, Permission.WITNESS_PAPER, facts.child.subject)
    return _move(work, case, event, facts, "", noted)


def _move(work, case: Case, event: str, facts: CaseFacts, reason: str, noted: Mapping | None) -> CaseStep:
    way = facts.loop.transitions[facts.state].get(event)
    found = conditions_of(facts, event)
    missing = tuple(each.missing for each in found if each.missing) if way else (_wrong_state(facts, event),)
    if missing:
        audit.refused(work, facts.child.id, "case", event)
        raise _not_now(facts, event, missing)
    body = {
        "reason": reason or facts.given.get("reason", ""),
        "released": [each.name for each in found if each.is_released],
        **(noted or {}),
    }
    return _write_step(work, case, event, _run(facts, event, found), facts, body)


def take_back(work, case: Case, *, facts: CaseFacts) -> tuple[CaseStep, list[int]]:
    """Undo one's own last decision within the time of the file: a compensating step, nothing is erased.

    One save may have carried several steps: all of them are undone. Returns the new step and the numbers of those it
    undoes. Raises NotNow once the time is over or somebody acted since.
    """
    undone = _steps_to_undo(work, facts)
    if not undone:
        audit.refused(work, facts.child.id, "case", TAKE_BACK)
        raise NotNow(
            f"已经不能撤回：过了 {facts.loop.limits.take_back_minutes} 分钟，或有人接着做了。请另走一步并写明理由。",
            "This can no longer be taken back. Take another step and give the reason.",
        )
    # A case is never unopened: what is left of it is watched until the doctor ends it with a reason.
    to_state = undone[0].from_state or undone[0].to_state
    numbers = [step.seq for step in undone]
    rounds = [step.round for step in facts.steps if step.seq < numbers[0]]
    return _write_step(
        work, case, TAKE_BACK, to_state, facts, {"undone": numbers}, rounds[-1] if rounds else 1
    ), numbers


def require_decider(work, facts: CaseFacts, event: str) -> None:
    """Raise NotFound or NotPermitted unless this event, where the state has it, is the actor's to send."""
    way, subject = facts.loop.transitions[facts.state].get(event), facts.child.subject
    if way is None or _holds(way.by, work.actor, subject):
        return
    is_known = is_allowed(work.actor, Permission.READ_CHILD, subject)
    error = _not_theirs(facts.loop, event, way) if is_known else NotFound()
    audit.refused(work, facts.child.id, "case", error.code)
    error.is_noted = True
    raise error


def turn_of(loop: Workflow, state: str, tasks: list[OpenTask]) -> str:
    """Return whose turn it is in a state, given the case's open tasks."""
    return turns.BY_NAME[loop.states[state].turn](tasks)


def _holds(rules: tuple[str, ...], actor, subject) -> bool:
    return all(RULES[rule](actor, subject) for rule in rules)


def _condition(facts: CaseFacts, event: str, way: Transition, name: str) -> Condition:
    text, finding = facts.loop.conditions[name], conditions.BY_NAME[name](facts)
    is_releasable = text.kind == "evidence" and bool(way.release)
    is_released = not finding.is_met and is_releasable and conditions.is_released(facts, event, name)
    turn = finding.whose_turn or text.turn
    missing = None
    if not finding.is_met and not is_released:
        fix = tuple((label, target) for target, label in text.fix.items())
        missing = Missing(name, f"{text.what}。", f"{text.why}。", turn, fix, finding.evidence_zh, is_releasable)
    return Condition(name, text.title, missing is None, finding.evidence_zh, turn, text.kind, is_released, missing)


def _not_theirs(loop: Workflow, event: str, way: Transition) -> NotPermitted:
    who = next(loop.deciders[rule] for rule in way.by if rule in loop.deciders)
    return NotPermitted(
        f"“{loop.events[event]}”由{who}决定。您可以先补材料，或提醒{who}。",
        f"This step ({event}) is somebody else's to decide. Add what you know, or remind them.",
    )


def _wrong_state(facts: CaseFacts, event: str) -> Missing:
    here, wanted = _state_name(facts), facts.loop.events.get(event, event)
    turn = turn_of(facts.loop, facts.state, _open_tasks(facts)) if facts.state != START else "doctor"
    return Missing("state_allows", f"个案现在是“{here}”，这一步没有“{wanted}”。", "请看页面上现在能做的几步。", turn)


def _state_name(facts: CaseFacts) -> str:
    return "未开始" if facts.state == START else facts.loop.states[facts.state].name


def _not_now(facts: CaseFacts, event: str, missing: tuple[Missing, ...]) -> NotNow:
    return NotNow(
        f"现在还不能“{facts.loop.events.get(event, event)}”，差 {len(missing)} 件事。",
        f"{event} is not possible yet: {len(missing)} thing(s) missing.",
        missing=missing,
    )


def _open_tasks(facts: CaseFacts) -> list[OpenTask]:
    open_ones = [task for task in facts.own_tasks if task.is_open and task.status != "on-hold"]
    return [OpenTask(task.kind, task.whose_turn, task.due_on) for task in open_ones]


def _steps_to_undo(work, facts: CaseFacts) -> list:
    """Return the steps of the actor's last save, oldest first; none when it is too late or somebody acted since."""
    if not facts.steps:
        return []
    last = facts.steps[-1]
    oldest_at = facts.now - timedelta(minutes=facts.loop.limits.take_back_minutes)
    is_mine = last.actor_id == work.actor.user_id and last.event != TAKE_BACK
    others_acted = any(e.recorded_at >= last.at and e.author_id != last.actor_id for e in facts.own_entries)
    # What a family no longer stands by is not brought back by undoing what followed.
    unsaid = any(s.withdrawn_at and s.withdrawn_at >= last.at for each in facts.signatures.values() for s in each)
    if not is_mine or last.at < oldest_at or others_acted or unsaid:
        return []
    saved = [step for step in facts.steps if step.at == last.at and step.actor_id == last.actor_id]
    return saved if any(step.from_state for step in saved) else []  # an opening alone is stopped as a mistake


def _run(facts: CaseFacts, event: str, found: list[Condition]) -> str:
    """Return the state the library's machine reaches; every guard was computed before and is a plain bool."""
    held = dict.fromkeys(facts.loop.conditions, False) | {each.name: each.is_met for each in found}
    model = SimpleNamespace(state=facts.state, **held)
    _machine(facts.loop.id, facts.loop.version)(model=model).send(event)
    return model.state


@cache
def _machine(workflow_id: str, version: int) -> type[StateChart]:
    """Translate the table into a machine with the library's forgiving defaults off and flat states."""
    loop = next(each for each in _LOADED.values() if (each.id, each.version) == (workflow_id, version))
    states = {name: State(value=name, initial=name == START) for name in (START, *loop.states)}
    events: dict = {}
    for name, ways in loop.transitions.items():
        for event, way in ways.items():
            transition = states[name].to(states[way.to], cond=list(way.conditions))
            events[event] = events[event] | transition if event in events else transition
    strict = {
        "allow_event_without_transition": False,
        "catch_errors_as_events": False,
        "atomic_configuration_update": True,
    }
    return type("CareLoop", (StateChart,), {**states, **events, **strict})


def _write_step(
    work, case: Case, event: str, to_state: str, facts: CaseFacts, body: dict, round: int | None = None
) -> CaseStep:
    case.state = to_state
    case.round = round or facts.round + (event == REOPEN)
    case.whose_turn = turn_of(facts.loop, to_state, _open_tasks(facts))
    case.closed_on = work.today if facts.loop.is_closed(to_state) else None
    step = CaseStep(
        id=new_id(),
        case_id=case.id,
        child_id=case.child_id,
        seq=facts.steps[-1].seq + 1 if facts.steps else 1,
        event=event,
        from_state=None if facts.state == START else facts.state,
        to_state=to_state,
        round=case.round,
        actor_id=work.actor.user_id,
        actor_role=work.actor.role,
        at=work.now,
    )
    step.body = work.keys.seal_body("case_step", step.id, case.child_id, "health", body)
    work.session.add_all([case, step])  # a case that is just being opened is not in the session yet
    _flush(work)
    _leave_traces(work, step)
    return step


def _flush(work) -> None:
    try:
        work.session.flush()
    except (StaleDataError, DuplicateKey) as error:
        raise Conflict(
            "另一位同事刚刚动过这个个案。请刷新页面，看看现在到哪一步了。",
            "Somebody else has just moved this case. Reload the page and look where it stands.",
        ) from error


def _leave_traces(work, step: CaseStep) -> None:
    commit = work.keys.digest(step.body)
    chain.note_event(work, child_id=step.child_id, rec=step.id, rec_type="case_step", op=step.event, commit=commit)
    audit.changed(work, step.child_id, "case", step.case_id)

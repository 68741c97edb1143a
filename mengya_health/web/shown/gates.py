"""How a gate of the loop is shown: the ring, the conditions of a step, and a refusal that says what would help."""

from collections.abc import Mapping
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.facts import CaseFacts, StepFacts
from mengya_health.care.loop import Condition, Missing, conditions_of
from mengya_health.care.queries import OpenCase
from mengya_health.errors import NotNow
from mengya_health.locale import language
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import bracketed, joined, sentence
from mengya_health.work import LOCAL

# State → the event that takes a case on round the loop; the others lead aside or back.
MAIN_EVENTS = {
    "watching": "flag",
    "positive": "plan",
    "rescreening": "plan",
    "referred": "plan",
    "planning": "agree",
    "active": "meet_goals",
    "following": "propose_closure",
    "confirming": "confirm_closure",
}
# What can be said of a plan only once it is written, on the page of the plan.
OF_A_PLAN = ("tasks_are_complete", "tasks_are_few", "tasks_suit_age")
WAITS = {
    "doctor": lazy("等医生"),
    "teacher": lazy("等老师"),
    "guardian": lazy("等家长"),
    "specialist": lazy("等回执"),
    "invited": lazy("等会商的下文"),
}
DAYS_PER_WEEK = 7


def gate(facts: CaseFacts, event: str, missing: tuple[Missing, ...] = ()) -> dict | None:
    """Return the conditions of an event (partials/gate.html), None for an event without any.

    `missing` is what a refused try had found, with everything that was typed; without it the case as it stands counts.
    """
    found = [each for each in conditions_of(facts, event) if each.name not in OF_A_PLAN]
    if not found:
        return None
    wanting = {each.condition for each in missing} or {each.name for each in found if not each.is_met}
    met = sum(each.name not in wanting for each in found)
    changed = _last_change(facts)
    return {
        "title": _gate_title(facts, event),
        "line": f"{met} / {len(found)}" + (_(" · 上次变化 %(at)s", at=changed) if changed else ""),
        "all_met": not wanting,
        "met": met,
        "of": len(found),
        "rows": [_row(each, is_met=each.name not in wanting) for each in found],
    }


def ring(facts: CaseFacts, whose_turn: str, shown_gate: dict | None) -> dict:
    """Return the ring of one case (partials/ring.html), its arc filled by the share of conditions met."""
    stage = facts.loop.states[facts.state].stage
    now = words.STAGES[_last_stage(facts)][0]
    is_closed = facts.loop.is_closed(facts.state)
    left = now + (facts.state == "resolved")  # the first step that the case has not left behind
    states = ["done" if step < left else "now" if step == now and not is_closed else "todo" for step in range(1, 5)]
    names = list(words.STAGES)[:4]
    return {
        "steps": [
            {"name": str(words.STAGES[name][1]), "state": state, "note": _step_note(facts, name, state)}
            for name, state in zip(names, states, strict=True)
        ],
        "centre": words.told(facts.loop.states[facts.state].name) if is_closed else str(words.STAGES[stage][1]),
        "note": _("%(met)s / %(of)s 项已满足", met=shown_gate["met"], of=shown_gate["of"]) if shown_gate else "",
        "turn": words.turn(whose_turn),
        "share": 100 * shown_gate["met"] // shown_gate["of"] if shown_gate else 0,
        "round_text": _("第 %(n)s 轮", n=facts.round) if facts.round > 1 else "",
    }


def refusal(state, links: Mapping[str, str]) -> dict | None:
    """Return the panel after a refused try (partials/gate.html); None where nothing was refused for now.

    `links` is where each fix of the workflow file is done; what is done nowhere here gets no button.
    """
    if not isinstance(state.message, NotNow):
        return None
    said = state.message.en if language() == "en" else state.message.zh
    return {
        "title": said.rstrip("。."),
        "missing": [_missing(each, links) for each in state.missing],
        "explain": _("您的权限没问题，只是材料还没齐。") if state.missing else "",
    }


def fix_links(opened: OpenCase, **here: str) -> dict[str, str]:
    """Return where each thing that is missing is put right; `here` names what the same page does."""
    case, child = {"case_id": opened.case.id}, {"child_id": opened.child.id}
    contact = url_for("cases.contact", **case)
    links = {
        "open_case": url_for("children.show", **child),
        "record_screening": url_for("checks.enter", **child),
        "answer_concern": url_for("cases.waiting"),
        "request_consent": url_for("children.consents", **child),
        "log_contact": contact,
        "remind_guardian": contact,
        "ask_family": contact,
        "print_letter": url_for("papers.choose", **child),
        "end_task": url_for("cases.end_task", **case),
        "edit_plan": url_for("cases.plan", **case),
        "record_follow_up": url_for("cases.follow_up", **case),
        "record_evaluation": url_for("cases.evaluate", **case),
        "ask_second_doctor": url_for("cases.second_doctor", **case),
    }
    waiting = next((each for each in opened.referrals if not each.is_settled), None)
    if waiting:
        reply = url_for("cases.feedback", referral_id=waiting.id)
        links |= {"record_feedback": reply, "end_referral": f"{reply}#reason"}
    return links | here


def who(turn: str) -> tuple[str, str]:
    """Return mark and word of whoever's turn it is; `actor` in the workflow file is the doctor on these pages."""
    mark, text, _turn = words.TURNS.get(turn, words.TURNS["doctor"])
    return mark, str(text)


# --- inside -----------------------------------------------------------------------------------------------------------


def _row(condition: Condition, *, is_met: bool) -> dict:
    mark, text = who(condition.whose_turn)
    note = words.told(condition.evidence_zh)
    if condition.is_released:
        note = joined(filter(None, (note, _("区级复核医生已放行"))))
    if not is_met and not note and condition.missing:
        note = words.told(condition.missing.what_zh)
    return {
        "what": words.told(condition.title_zh),
        "note": note,
        "role": mark,
        "role_text": text,
        "is_met": is_met,
        "waiting": str(WAITS.get(condition.whose_turn, WAITS["doctor"])),
    }


def _missing(missing: Missing, links: Mapping[str, str]) -> dict:
    mark, text = who(missing.whose_turn)
    what = words.told(missing.what_zh)
    if missing.evidence_zh:
        what = sentence(bracketed(what.rstrip("。."), words.told(missing.evidence_zh).rstrip("。.")))
    return {
        "what": what,
        "why": words.told(missing.why_zh),
        "role": mark,
        "role_text": text,
        "fixes": [
            {"text": words.told(label), "href": links[target]} for label, target in missing.fix if target in links
        ],
    }


def _gate_title(facts: CaseFacts, event: str) -> str:
    way = facts.loop.transitions[facts.state][event]
    here, there = facts.loop.states[facts.state].stage, facts.loop.states[way.to].stage
    if here != there and there != "closed":
        return _("进入“%(step)s”的条件", step=words.STAGES[there][1])
    return _("“%(event)s”的条件", event=words.told(facts.loop.events[event]))


def _last_change(facts: CaseFacts) -> str:
    times = [step.at for step in facts.steps] + [entry.recorded_at for entry in facts.own_entries]
    if not times:
        return ""
    last = max(times)
    return words.moment(last.astimezone(LOCAL).date(), last, facts.today)


def _last_stage(facts: CaseFacts) -> str:
    """Return the stage a case is in; the last one it was in where it is closed."""
    open_stages = [facts.loop.states[state].stage for state in _states_of_round(facts)]
    return next((stage for stage in reversed(open_stages) if stage != "closed"), "prevention")


def _states_of_round(facts: CaseFacts) -> list[str]:
    return [step.to_state for step in _steps_of_round(facts)] or [facts.state]


def _steps_of_round(facts: CaseFacts) -> list[StepFacts]:
    return [step for step in facts.steps if step.round == facts.round]


def _step_note(facts: CaseFacts, stage: str, state: str) -> str:
    """Return when a step was left, how long it has lasted, or how long it will."""
    place = words.STAGES[stage][0]
    reached = [(words.STAGES[facts.loop.states[s.to_state].stage][0], s.on) for s in _steps_of_round(facts)]
    if state == "done":
        left = next((on for number, on in reached if number > place), None)
        return _("%(day)s 完成", day=f"{left:%m-%d}") if left else ""
    if state == "now":
        return _("第 %(n)s 天", n=(facts.today - _came_on(reached, place, facts)).days + 1)
    if stage == "consolidation" and not facts.loop.is_closed(facts.state):
        return _("约 %(n)s 周", n=-(-facts.pathway.stability.days // DAYS_PER_WEEK))
    return ""


def _came_on(reached: list[tuple[int, date]], place: int, facts: CaseFacts) -> date:
    """Return the day on which the case came into the stage it is in."""
    came = facts.opened_on
    for number, on in reversed(reached):
        if number != place:
            break
        came = on
    return came

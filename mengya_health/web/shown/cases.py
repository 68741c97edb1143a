"""What the page of one case shows: where it stands, what the next step needs, the decision, and all that was done."""

from collections.abc import Mapping
from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.facts import CaseFacts, StepFacts
from mengya_health.care.loop import TAKE_BACK, allowed_events
from mengya_health.care.paper_signatures import paper_to_sign
from mengya_health.care.queries import OpenCase, case_number
from mengya_health.care.releases import releasable
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.asked import rule_card
from mengya_health.web.shown.case_clocks import waits
from mengya_health.web.shown.case_papers import (
    follow_up_rows,
    plan_card,
    referral_rows,
    signature_rows,
    waiting_words,
)
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.entries import Line
from mengya_health.web.shown.escalations import wanted_rows
from mengya_health.web.shown.hearing import hearing_row
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.web.shown.urgent import open_outcomes

# Events that need more than a reason: each is written on a page of its own.
ON_A_PAGE = {
    "plan": "cases.plan",
    "revise": "cases.plan",
    "relapse": "cases.plan",
    "refer": "cases.refer",
    "propose_closure": "cases.close",
}
CURED = "1"  # of closing_reasons.yaml: a case that reached its goals is closed by three hands, not stopped
# What is missing and typed on this page → its field.
HERE = {
    "choose_date": "#due_on",
    "write_reason": "#reason",
    "choose_reason": "#reason_code",
    "choose_not_done": "#not_done",
}
BEFORE_SUPPORT = ("prevention", "screening")  # stages in which it counts by what the case was opened
STOP_FIELDS = ("reason_code", "not_done", "not_done_text")


def case_page(work, opened: OpenCase, facts: CaseFacts, state) -> dict:
    """Return the page of a case (pages/cases/show.html). `state` is the form of the decision, perhaps refused."""
    events = allowed_events(facts.loop, facts.state, work.actor, opened.child.subject)
    tried = state.values.get("event", "") if state.missing else ""
    event = tried or gates.MAIN_EVENTS.get(facts.state, "")
    shown_gate = gates.gate(facts, event, state.missing) if event else None
    return {
        "child": child_head(opened.child, work.today),
        "back": {"text": _("个案"), "href": url_for("cases.waiting")},
        "papers": [{"text": _("打印"), "href": url_for("papers.choose", child_id=opened.child.id)}],
        "case": _case(opened, facts),
        "loop_ring": gates.ring(facts, opened.case.whose_turn, shown_gate),
        "badge": _badge(facts),
        "waits": waits(facts),
        "walked": [_step(facts, each) for each in reversed(facts.steps)],
        "refusal": gates.refusal(state, gates.fix_links(opened, **HERE)),
        "next_gate": shown_gate,
        "asked": waiting_words(facts),
        "hearing": hearing_row(facts),
        "wanted": wanted_rows(facts),
        "evidence": rule_card(facts, "entry") if facts.loop.states[facts.state].stage in BEFORE_SUPPORT else None,
        "decision": _decision(opened, facts, events, state),
        "plan": plan_card(facts),
        "signatures": signature_rows(facts),
        "referrals": referral_rows(work, facts),
        "follow_ups": follow_up_rows(facts),
        "actions": actions(opened, facts, events),
        "take_back": take_back(work, facts),
        "open_urgent": open_outcomes(work, opened.child, [task for task in facts.tasks if task.done_on is None]),
    }


def take_back(work, facts: CaseFacts) -> dict | None:
    """Return where the reader takes their last decision back, and how long still; None where they cannot any more."""
    last = facts.steps[-1] if facts.steps else None
    if last is None or last.actor_id != work.actor.user_id or last.event == TAKE_BACK:
        return None
    left = last.at + timedelta(minutes=facts.loop.limits.take_back_minutes) - work.now
    if left < timedelta():
        return None
    minutes = max(1, left // timedelta(minutes=1))
    return {
        "href": url_for("cases.take_back", case_id=facts.case_id),
        "left": _("还有 %(n)s 分钟，没有别人接着做时", n=minutes),
    }


def actions(opened: OpenCase, facts: CaseFacts, events: list[str]) -> list[dict]:
    """Return the further pages of a case that are open to this reader now."""
    if facts.loop.is_closed(facts.state):
        return []
    planned = _("改计划") if facts.state == "planning" else _("调整计划") if "revise" in events else _("写干预计划")
    may_plan = facts.state == "planning" or bool({"plan", "revise"} & set(events))
    offered = [
        (planned, "cases.plan", may_plan),
        (_("记随访"), "cases.follow_up", True),
        (_("写评估"), "cases.evaluate", facts.state == "active"),
        (_("提出结案"), "cases.close", "propose_closure" in events),
        (_("再次干预"), "cases.plan", "relapse" in events),
        (_("请另一位医生决定结案"), "cases.second_doctor", "close_unconfirmed" in events),
        (_("请区级复核医生放行"), "cases.ask", bool(releasable(facts))),
        (_("开转诊单"), "cases.refer", "refer" in events),
        (_("登记纸质签名"), "cases.paper", paper_to_sign(opened) is not None),
        (_("记一次联系"), "cases.contact", True),
        (_("会商"), "conferences.of_case", True),
        (_("结束一项任务"), "cases.end_task", _has_tasks(facts)),
    ]
    if facts.state == "active":  # then looking again comes before another version of the plan
        offered = [*offered[1:], offered[0]]
    pages = [(text, url_for(endpoint, case_id=opened.case.id)) for text, endpoint, is_open in offered if is_open]
    replies = [
        (_("登记回执 %(number)s", number=each.number), url_for("cases.feedback", referral_id=each.id))
        for each in facts.referrals
        if not each.is_settled
    ]
    return [{"text": text, "href": href, "is_main": not place} for place, (text, href) in enumerate(pages + replies)]


def choices(named: Mapping[str, object]) -> list[dict]:
    """Return a mapping as options of a field."""
    return [{"value": value, "text": words.told(str(text))} for value, text in named.items()]


def back_to_case(opened: OpenCase) -> dict:
    """Return the way back from a page about one thing of a case to the case."""
    return {"text": _("个案"), "href": url_for("cases.show", case_id=opened.case.id)}


# --- inside -----------------------------------------------------------------------------------------------------------


def _case(opened: OpenCase, facts: CaseFacts) -> dict:
    days = (facts.today - opened.case.opened_on).days + 1
    parts = [_("%(day)s 开始 · 第 %(n)s 天", day=opened.case.opened_on.isoformat(), n=days)]
    if opened.case.closed_on:
        parts = [_("%(first)s 至 %(last)s", first=opened.case.opened_on, last=opened.case.closed_on)]
    parts.append(words.told(facts.loop.states[facts.state].name))
    return {
        "title": words.told(facts.pathway.name),
        "line": " · ".join(parts),
        "number": case_number(opened.child, facts.pathway, facts.round),
        "reason": opened.body.get("reason", ""),
        "row_version": opened.case.row_version,
    }


def _badge(facts: CaseFacts) -> str:
    """Return 转诊待回执 while a referral is out and the case stays where it is."""
    is_out = any(not each.is_settled for each in facts.referrals)
    return words.told(facts.loop.states["referred"].name) if is_out and facts.state != "referred" else ""


def _step(facts: CaseFacts, step: StepFacts) -> Line:
    """Return one step as a line of the timeline: from where to where, then what was decided and why."""
    states, event = facts.loop.states, words.told(facts.loop.events[step.event])
    has_moved = step.from_state and step.from_state != step.to_state
    title = (
        f"{words.told(states[step.from_state].name)} → {words.told(states[step.to_state].name)}" if has_moved else event
    )
    released = enumerated(words.told(facts.loop.conditions[name].title) for name in step.body.get("released", ()))
    notes = [
        event if has_moved else "",
        step.body.get("reason", ""),
        _("放行：%(what)s", what=released) if released else "",
        _("第 %(n)s 轮", n=step.round) if step.round > 1 else "",
    ]
    mark, by = words.ROLES[step.actor_role]
    return Line(words.day(step.on, facts.today), mark, str(by), title, " · ".join(filter(None, notes)))


def _decision(opened: OpenCase, facts: CaseFacts, events: list[str], state) -> dict | None:
    if not events:
        return None
    main = gates.MAIN_EVENTS.get(facts.state)
    ordered = sorted(events, key=lambda event: (event != main, event == "stop"))
    fields = {each["name"]: each for each in _fields(facts, events)}
    return {
        "action": url_for("cases.decide", case_id=opened.case.id),
        "form": state,
        "options": [
            {"value": event, "text": words.told(facts.loop.events[event]), "hint": _hint(facts, event)}
            for event in ordered
        ],
        "fields": [each for name, each in fields.items() if name not in STOP_FIELDS],
        "stop_fields": [each for name, each in fields.items() if name in STOP_FIELDS],
        "is_stopping": state.values.get("event") == "stop",
        "button": _("确认这个决定"),
    }


def _hint(facts: CaseFacts, event: str) -> str:
    if event in ON_A_PAGE:
        return _("在下一页填写")
    if event == "meet_goals":
        needed = facts.pathway.stability
        return _("再随访 %(n)s 次，满 %(days)s 天", n=needed.follow_ups, days=needed.days)
    return _("到“%(state)s”", state=words.told(facts.loop.states[facts.loop.transitions[facts.state][event].to].name))


def _fields(facts: CaseFacts, events: list[str]) -> list[dict]:
    """Return what some of the events need beside a reason, as fields of partials/any_field.html."""
    fields = []
    if "rescreen" in events:
        usual = facts.content.time_limits[facts.loop.states["rescreening"].decide.limit].due_on(facts.today)
        hint = _("安排复筛时填，不填就是 %(day)s", day=usual.isoformat())
        fields.append({"kind": "date", "name": "due_on", "label": _("复筛日期"), "hint": hint})
    if {"clear", "release"} & set(events):
        ways = choices(facts.loop.contact_ways)
        hint = _("未见问题、关注结束时选")
        fields.append({"kind": "select", "name": "informed", "label": _("已告知家长"), "options": ways, "hint": hint})
    if "stop" in events:
        reasons = choices({code: name for code, name in facts.content.closing_reasons.items() if code != CURED})
        left = choices(facts.loop.not_done_reasons)
        fields += [
            {"kind": "select", "name": "reason_code", "label": _("中止的原因"), "options": reasons, "hint": ""},
            {"kind": "select", "name": "not_done", "label": _("没做完的事，为什么"), "options": left, "hint": ""},
            {"kind": "text", "name": "not_done_text", "label": _("选“其他”时写一句"), "hint": ""},
        ]
    return fields


def _has_tasks(facts: CaseFacts) -> bool:
    return any(task.is_open and task.kind in ("care_task", "follow_up") for task in facts.own_tasks)

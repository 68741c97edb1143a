"""What the pages show on which the doctor looks again: a follow-up, the evaluation, the proposal to close."""

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.due_dates import follow_up_on
from mengya_health.care.facts import CaseFacts
from mengya_health.care.follow_ups import STAGES
from mengya_health.care.pathway_rules import steady_since
from mengya_health.care.queries import OpenCase
from mengya_health.screening.measurements import MEASURED
from mengya_health.screening.urgent import Urgent
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.asked import (
    POSITION,
    Asked,
    asked_of_follow_up,
    asked_of_rule,
    check_options,
    day_fields,
    measure_fields,
    rule_card,
)
from mengya_health.web.shown.cases import back_to_case, choices
from mengya_health.web.shown.checks import soft_checks
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.goals import goal_fields
from mengya_health.web.shown.urgent import banner

DONE_KINDS = ("screening", "follow_up", "care_plan", "referral", "referral_feedback", "evaluation", "observation")
MOST_DONE = 12
PLAIN = lazy("短句、白话，不写诊断名")


def follow_up_page(work, opened: OpenCase, facts: CaseFacts, state, urgent: Sequence[Urgent]) -> dict:
    """Return the page of one follow-up (pages/cases/look_again.html); `urgent` is what stands in a refused form."""
    asked = asked_of_follow_up(work.content, facts.pathway, facts.state)
    state.values = state.values or {"happened_on": work.today.isoformat()}
    as_list(state, "checks")
    rules = {"active": "success", "following": _closing_of(facts)}
    return _page(opened, facts, state, asked) | {
        "title": _("记一次随访"),
        "action": url_for("cases.save_follow_up", case_id=opened.case.id),
        "days": [
            {"kind": "date", "name": "happened_on", "label": _("随访日期")},
            {"kind": "date", "name": "next_on", "label": _("下次随访"), "hint": _next_hint(facts)},
            *day_fields(work.content, asked),
        ],
        "measures": measure_fields(work.content, asked, opened.child, work.today, state),
        "soft_checks": soft_checks(state),
        "urgent": banner(work, urgent),
        "urgent_href": url_for("urgent.in_follow_up", case_id=opened.case.id),
        "urgent_fields": " ".join(("happened_on", POSITION, *MEASURED.values(), *asked.readings)),
        "goals": goal_fields(facts),
        "texts": [{"name": "text", "label": _("记录"), "hint": _("看到了什么，和家长说了什么"), "rows": 3}],
        "rule": rule_card(facts, rules[facts.state]) if facts.state in rules else None,
        "button": _("保存"),
        "note": "",
    }


def evaluation_page(work, opened: OpenCase, facts: CaseFacts, state) -> dict:
    """Return the page of an evaluation: the rule as it stands, the ticks it asks for, words for the family."""
    asked = asked_of_rule(work.content, facts.pathway, "success")
    as_list(state, "checks")
    return _page(opened, facts, state, asked) | {
        "title": _("写评估"),
        "action": url_for("cases.save_evaluation", case_id=opened.case.id),
        "goals": goal_fields(facts),
        "texts": [
            {"name": "text", "label": _("评估"), "hint": _("医生、专科看"), "rows": 3},
            {"name": "plain_text", "label": _("家长会读到"), "hint": PLAIN, "rows": 3},
        ],
        "rule": rule_card(facts, "success"),
        "button": _("保存，请家长签名"),
        "note": _("家长看过并签名以后，才能进入巩固。"),
    }


def closing_page(work, opened: OpenCase, facts: CaseFacts, state, closing: str) -> dict:
    """Return the page on which closing is proposed; `closing` names one of the pathway's ways to close."""
    asked = asked_of_rule(work.content, facts.pathway, closing)
    as_list(state, "checks")
    done, days = steady_since(facts)
    needed = facts.pathway.stability
    here = {"case_id": opened.case.id}
    ways = [
        {
            "text": words.told(work.content.closing_reasons[each.code]),
            "href": url_for("cases.close", **here, closing=each.name),
            "is_current": each.name == closing,
        }
        for each in facts.pathway.rules.closings
    ]
    return _page(opened, facts, state, asked) | {
        "title": _("提出结案"),
        "action": url_for("cases.propose_closure", **here, closing=closing),
        "refusal": gates.refusal(state, gates.fix_links(opened)),
        "ways": ways if len(ways) > 1 else [],
        "outcomes": choices(work.content.outcomes),
        "texts": [
            {"name": "text", "label": _("结案小结"), "hint": _("医生、专科看"), "rows": 3},
            {"name": "plain_text", "label": _("家长会读到：发生了什么"), "hint": PLAIN, "rows": 3},
            {"name": "advice", "label": _("家长会读到：接下来"), "hint": "", "rows": 3},
            {"name": "reason", "label": _("理由"), "hint": _("可以不写"), "rows": 1},
        ],
        "rule": rule_card(facts, closing),
        "steady": _(
            "随访 %(done)s / %(times)s 次，巩固 %(days)s / %(long)s 天",
            done=done,
            times=needed.follow_ups,
            days=days,
            long=needed.days,
        ),
        "button": _("请老师和家长确认") if facts.class_takes_part else _("请家长确认"),
        "note": _("老师签班级小结，家长签结案小结，都签了才结案。"),
    }


def as_list(state, name: str) -> None:
    """Make the answer to a field of several choices a list: a form with one choice sends one value."""
    sent = state.values.get(name, [])
    state.values[name] = [sent] if isinstance(sent, str) else list(sent)


# --- inside -----------------------------------------------------------------------------------------------------------


def _page(opened: OpenCase, facts: CaseFacts, state, asked: Asked) -> dict:
    return {
        "child": child_head(opened.child, facts.today),
        "back": back_to_case(opened),
        "form": state,
        "row_version": state.seen(opened.case.row_version),
        "refusal": gates.refusal(state, gates.fix_links(opened)),
        "soft_checks": [],
        "urgent": None,
        "urgent_href": "",
        "urgent_fields": "",
        "days": [],
        "measures": [],
        "ways": [],
        "outcomes": [],
        "goals": [],
        "steady": "",
        "checks": check_options(asked),
        "rounds": _done(facts),
    }


def _done(facts: CaseFacts) -> list[dict]:
    """Return what was done in this round, the newest first."""
    entries = [entry for entry in facts.own_entries if entry.kind in DONE_KINDS and entry.status == "active"]
    said = [(entry, say.say(facts.content, entry)) for entry in reversed(entries[-MOST_DONE:])]
    return [
        {
            "text": line.title,
            "note": " · ".join(filter(None, (words.day(entry.happened_on, facts.today), line.note))),
        }
        for entry, line in said
    ]


def _closing_of(facts: CaseFacts) -> str:
    return next((each.name for each in facts.pathway.rules.closings), "")


def _next_hint(facts: CaseFacts) -> str:
    """Return when the next follow-up is where no day is typed."""
    stage = STAGES.get(facts.state)
    if stage is None:
        return ""
    since = facts.first_on(facts.state)
    done = sum(e.kind == "follow_up" and e.happened_on >= since for e in facts.own_entries)
    return _("不填就是 %(day)s", day=follow_up_on(facts, stage, done + 1, facts.today).isoformat())

"""The papers of a case on its page: the plan with its tasks, signatures, referrals, follow-ups, what was asked."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.facts import CaseFacts, ReferralFacts, TaskFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import undecided_rescreen
from mengya_health.signing.queries import SignatureFacts
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.case_clocks import asked_after
from mengya_health.web.shown.goals import standings
from mengya_health.web.shown.informants import who_differs
from mengya_health.web.shown.punctuation import bracketed, in_a_row, joined
from mengya_health.web.shown.reminders import reminder_text
from mengya_health.web.shown.standings import standings_of_case
from mengya_health.work import LOCAL

SIGNED = {"evaluation": ("guardian",), "closing_summary": ("guardian",), "class_summary": ("teacher",)}
LOOKED_AGAIN = ("follow_up", "contact_attempt")


def plan_card(facts: CaseFacts) -> dict | None:
    """Return the plan in force or put forward, with its tasks; None before there is one."""
    plan = facts.newest("care_plan")
    if plan is None:
        return None
    tasks = [task for task in facts.own_tasks if task.kind == "care_task" and task.subject_id == plan.id]
    current = [task for task in tasks if task.is_open or task.status == "completed"]
    signature = _standing(facts, plan, "guardian", decision="agree")
    before = _signed_before(facts, plan, "guardian")
    return {
        "goals": [_goal(*each) for each in zip(plan.content["goals"], standings(facts), strict=True)],
        "summary": plan.content["summary"],
        "tasks": [_task(facts, task) for task in current],
        "version_line": before or _version_line(plan, signature),
        "signed": signature is not None,
    }


def signature_rows(facts: CaseFacts) -> list[dict]:
    """Return the papers of this round that carry signatures or wait for them, beside the plan."""
    rows = []
    for kind, capacities in SIGNED.items():
        paper = facts.newest(kind)
        if paper is None:
            continue
        for capacity in capacities:
            signature = _standing(facts, paper, capacity)
            rows.append(
                {
                    "text": f"{words.KINDS[kind]} · {_('第 %(n)s 版', n=paper.version)}",
                    "note": _signed(signature)
                    if signature
                    else _signed_before(facts, paper, capacity) or say.say(facts.content, paper).title,
                    "status": _tag("met", _("已签名")) if signature else _tag("waiting", gates.WAITS[capacity]),
                }
            )
    return rows


def referral_rows(work, facts: CaseFacts) -> list[dict]:
    """Return the referrals of a case, the newest first."""
    letters = {entry.id: entry for entry in facts.entries if entry.kind == "referral"}
    return [
        {
            "to": letters[each.entry_id].content["receiver"] if each.entry_id in letters else each.number,
            "at": each.sent_on.isoformat(),
            "why": letters[each.entry_id].content["reason"] if each.entry_id in letters else "",
            "status": referral_status(each, facts),
            "reminder": reminder_text(work, each),
            "href": url_for("cases.feedback", referral_id=each.id),
        }
        for each in reversed(facts.referrals)
        if each.status != "entered-in-error"
    ]


def referral_status(referral: ReferralFacts, facts: CaseFacts) -> dict:
    """Return how a referral stands: answered, given up, seen, waiting so many days, to be asked after, or late."""
    if referral.status == "completed":
        return _tag("met", _("已有回执"))
    if referral.is_settled:
        reason = (referral.not_done or {}).get("reason", "")
        return _tag("note", _("没有回执：%(why)s", why=words.told(facts.loop.not_done_reasons.get(reason, _("退回")))))
    late = (facts.today - referral.reply_due_on).days
    if referral.visited_on:
        seen = _("%(day)s 已就诊", day=f"{referral.visited_on:%m-%d}")
        if late > 0:
            return _tag("overdue", in_a_row([seen, words.overdue(late)]))
        return _tag("waiting", in_a_row([seen, _("等回执")]))
    if late > 0:
        return _tag("overdue", words.overdue(late))
    waited = _tag("waiting", _("等回执 %(n)s 天", n=(facts.today - referral.sent_on).days))
    return asked_after(facts, referral) or waited


def follow_up_rows(facts: CaseFacts) -> list[dict]:
    """Return the planned follow-up, then what was seen and whom the clinic reached, the newest first."""
    planned = [task for task in facts.own_tasks if task.kind == "follow_up" and task.is_open]
    done = [entry for entry in facts.own_entries if entry.kind in LOOKED_AGAIN and entry.status == "active"]
    done.sort(key=lambda entry: (entry.happened_on, entry.recorded_at), reverse=True)
    return [
        {"at": task.due_on.isoformat(), "text": _("下一次随访"), "status": _due(facts, task, "doctor")}
        for task in planned
    ] + [
        {
            "at": entry.happened_on.isoformat(),
            "text": "　".join(filter(None, say.say(facts.content, entry)[:2])),
            "status": _tag("met", _("已记")),
        }
        for entry in done
    ]


def waiting_words(facts: CaseFacts) -> list[dict]:
    """Return what the family says against papers of this case, and the questions and concerns about this child."""
    pages = {"question": "cases.question", "concern": "cases.concern"}
    objected = [
        {
            "title": _("家长有异议：%(what)s", what=words.said(words.KINDS[entry.kind])),
            "text": say.say(facts.content, entry).title,
            "at": words.day(entry.happened_on, facts.today),
            "href": url_for("children.entry", child_id=facts.child.id, entry_id=entry.id),
        }
        for entry in facts.own_entries
        if entry.is_disputed
    ]
    return (
        objected
        + _differing(facts)
        + [
            {
                "title": str(words.TASKS[task.kind]),
                "text": task.body.get("text", ""),
                "at": words.day(task.created_at.astimezone(LOCAL).date(), facts.today),
                "href": url_for(pages[task.kind], task_id=task.id),
            }
            for task in facts.tasks
            if task.is_open and task.kind in pages
        ]
    )


def _differing(facts: CaseFacts) -> list[dict]:
    """Return the checks at which parents, teachers and the doctor said different things, while that is undecided."""
    return [
        {
            "title": who_differs(entry.content),
            "text": joined(say.differing_at(facts.content, entry.content)),
            "at": words.day(entry.happened_on, facts.today),
            "href": url_for("informants.of_check", child_id=facts.child.id, entry_id=entry.id),
            "button": _("并排看"),
        }
        for entry in facts.entries
        if entry.kind == "screening" and undecided_rescreen(entry.content)
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def _goal(goal: dict, status: dict | None) -> dict:
    return {
        "measure": goal["measure"],
        "target": goal["target"],
        "by": _("%(day)s 前", day=goal["by_on"]) if goal.get("by_on") else "",
        "status": status,
    }


def _task(facts: CaseFacts, task: TaskFacts) -> dict:
    mark, text = gates.who(task.whose_turn)
    said = task.body
    times = _("记了 %(n)s 次", n=said.get("times_done", 0))
    when = [words.told(said["frequency"]), _("%(n)s 周", n=said["weeks"]), said.get("note", ""), times]
    return {
        "text": words.told(task.title),
        "who": {"role": mark, "text": text},
        "when": " · ".join(filter(None, when)),
        "status": _due(facts, task, task.whose_turn),
    }


def _due(facts: CaseFacts, task: TaskFacts, whose_turn: str) -> dict:
    if not task.is_open:
        return _tag("met", _("做完了"))
    if task.status == "on-hold":
        return _tag("note", _("签了才开始"))
    waiting = _tag("waiting", gates.WAITS.get(whose_turn, gates.WAITS["doctor"]))
    return standings_of_case(facts).tag(task) or waiting


def _version_line(plan: OpenEntry, signature: SignatureFacts | None) -> str:
    version = _("第 %(n)s 版", n=plan.version)
    return f"{version} · {_signed(signature)}" if signature else _("%(version)s · 等家长签名", version=version)


def _signed(signature: SignatureFacts) -> str:
    _mark, who = gates.who(signature.capacity)
    on = f"{signature.signed_at.astimezone(LOCAL):%m-%d}"
    said = {"agree": _("签署"), "acknowledge": _("知道了"), "disagree": _("不同意")}[signature.decision]
    return bracketed(f"{who} {on} {said}", words.level(signature))


def _standing(facts: CaseFacts, entry: OpenEntry, capacity: str, *, decision: str = "") -> SignatureFacts | None:
    """Return the newest standing signature on this very version of a paper."""
    found = [
        each
        for each in facts.signatures.get(entry.id, ())
        if each.stands
        and each.capacity == capacity
        and each.version == entry.version
        and decision in ("", each.decision)
    ]
    return found[-1] if found else None


def _signed_before(facts: CaseFacts, entry: OpenEntry, capacity: str) -> str:
    """Return at which earlier version a paper was signed, "" where it was not or this very version is."""
    signed = [each.version for each in facts.signatures.get(entry.id, ()) if each.capacity == capacity]
    return words.signed_before(max(signed), entry.version) if signed else ""


def _tag(kind: str, text) -> dict:
    return {"kind": kind, "text": str(text)}

"""What a case waits for, since when, with whom and until when; and when to ask after a letter that is out."""

from datetime import date

from flask_babel import gettext as _

from mengya_health.care.clocks import CARE_TASK, OVERDUE, WARNED, age_deadline
from mengya_health.care.facts import CaseFacts, ReferralFacts
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.standings import standings_of_case
from mengya_health.work import LOCAL

SHOWN_ELSEWHERE = (CARE_TASK, "follow_up")  # with the plan, and with what was seen


def waits(facts: CaseFacts) -> dict:
    """Return {rows, code}: what is open, due first; the code is for a call with the district once it has heard."""
    standings = standings_of_case(facts)
    going = [task for task in facts.own_tasks if task.is_open and task.status != "on-hold"]
    shown = sorted((t for t in going if t.kind not in SHOWN_ELSEWHERE), key=lambda t: (t.due_on, t.created_at))
    rows = [
        {
            "title": words.told(task.title) or str(words.TASKS[task.kind]),
            "who": dict(zip(("role", "text"), gates.who(task.whose_turn), strict=True)),
            "since": _since(task.created_at.astimezone(LOCAL).date(), facts.today),
            "due": standings.due(task),
            "tag": standings.tag(task),
        }
        for task in shown
    ]
    return {"rows": rows + _by_age(facts), "code": next(filter(None, map(standings.code, going)), "")}


def asked_after(facts: CaseFacts, referral: ReferralFacts) -> dict | None:
    """Return what to ask about a letter of which nothing is late yet: did it arrive, was it taken up; None for time.

    Whether the child was seen in time is said by `reminders`.
    """
    limits, clocks = facts.content.time_limits, facts.loop.referral_clocks
    if facts.today >= limits[clocks.tracked].due_on(referral.sent_on):
        return {"kind": "waiting", "text": _("还没有回音，打个电话问问")}
    if referral.status == "requested" and facts.today > limits[clocks.booked].due_on(referral.sent_on):
        return {"kind": "waiting", "text": _("对方还没有收单，问问约上了没有")}
    return None


def _by_age(facts: CaseFacts) -> list[dict]:
    found = age_deadline(facts)
    if found is None:
        return []
    limit, stands = found
    kinds = {OVERDUE: "overdue", WARNED: "note"}
    text = words.overdue(stands.days) if stands.state == OVERDUE else _("还有 %(n)s 天", n=stands.days)
    return [
        {
            "title": limit.what,
            "who": dict(zip(("role", "text"), gates.who("doctor"), strict=True)),
            "since": _("从出生算起"),
            "due": _("%(day)s 前", day=words.short_day(stands.due_on, facts.today)),
            "tag": {"kind": kinds[stands.state], "text": text} if stands.state in kinds else None,
        }
    ]


def _since(on: date, today: date) -> str:
    days = (today - on).days
    return _("今天起") if not days else _("%(day)s 起，%(n)s 天", day=words.short_day(on, today), n=days)

"""The export ledger in words, for the manager and the security officer."""

from datetime import datetime

from flask import url_for
from flask_babel import lazy_gettext as lazy

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.indicators.exports import Asked, K
from mengya_health.work import LOCAL

SCOPES = {"inside": lazy("本区内部"), "outside": lazy("区外")}
HINTS = {
    "inside": lazy("每 5 人一档，不足 5 人的格子不列"),
    "outside": lazy("每 20 人一档，不足 20 人的格子不列，机构用一次性代号"),
}
STATES = {
    "asked": ("waiting", lazy("等安全审计员批准")),
    "approved": ("waiting", lazy("已批准，24 小时内取一次")),
    "taken": ("met", lazy("已取走")),
    "refused": ("note", lazy("没有批准")),
    "closed": ("note", lazy("批准已过期")),
}


def page(work, ledger: list[Asked], form) -> dict:
    """Return the context of pages/figures.html."""
    may_ask, may_approve = (
        is_allowed(work.actor, permission, PlaceSubject(None))
        for permission in (Permission.EXPORT_FIGURES, Permission.APPROVE_EXPORT)
    )
    return {
        "form": form,
        "ask": may_ask
        and {
            "action": url_for("figures.ask"),
            "scopes": [{"value": scope, "text": str(SCOPES[scope]), "hint": str(HINTS[scope])} for scope in K],
        },
        "rows": [_row(each, may_approve=may_approve) for each in ledger],
    }


def _row(asked: Asked, *, may_approve: bool) -> dict:
    kind, state = STATES[asked.status]
    decides = may_approve and asked.status == "asked"
    takes = asked.is_mine and asked.status == "approved"
    return {
        "recipient": asked.recipient,
        "purpose": asked.purpose,
        "scope": str(SCOPES[asked.scope]),
        "asked": _at(asked.asked_at),
        "taken": _at(asked.taken_at),
        "hash": asked.file_hash,
        "tag": {"kind": kind, "text": str(state)},
        "approve": url_for("figures.approve", export_id=asked.id) if decides else "",
        "refuse": url_for("figures.refuse", export_id=asked.id) if decides else "",
        "take": url_for("figures.take", export_id=asked.id) if takes else "",
    }


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}" if moment else ""

"""A finding as the entry of a check keeps it: plain values, with the rule, the source and the answers used. Pure."""

from __future__ import annotations

from typing import Any

from mengya_health.content import Content
from mengya_health.content.screening_rules import Alert
from mengya_health.content.screenings import Screening
from mengya_health.screening.rules import Finding


def finding_content(content: Content, finding: Finding) -> dict:
    """Return a finding as it is kept: instrument and version, the answers used, rule, source and basis."""
    screening = content.screenings[finding.screening_id]
    return {
        "screening": finding.screening_id,
        "name": screening.name,
        "instrument": screening.instrument,
        "code": finding.code,
        "result": finding.result,
        "level": finding.level,
        "text": finding.text,
        "values": [{"code": code, "value": _storable(value)} for code, value in finding.values.items()],
        "source": finding.source,
        "basis": finding.basis,
        "verified": finding.verified,
        "verified_note": finding.verified_note,
        "within_days": finding.within_days,
        "actions": [each.action for each in finding.dispositions if not each.when and not each.stage and not each.tier],
        "weigh": [
            {"when": each.when, "action": each.action, "within_days": each.first_days}
            for each in finding.dispositions
            if each.when
        ],
    }


def alert_content(screening: Screening, alert: Alert) -> dict:
    """Return an alert as it is kept, in the shape of a finding."""
    return {
        "screening": screening.id,
        "name": screening.name,
        "instrument": screening.instrument,
        "code": alert.code,
        "result": alert.text,
        "level": "watch",
        "text": alert.text,
        "values": [],
        "source": alert.source,
        "basis": alert.basis,
        "verified": alert.verified,
        "verified_note": alert.verified_note,
        "within_days": alert.within_days if alert.within_days is not None else alert.rescreen_within_days,
        "actions": [],
        "weigh": [],
    }


def _storable(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    return list(value) if isinstance(value, tuple | set | frozenset) else value

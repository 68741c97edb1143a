"""What the doctor says to each pathway a check suggests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import fields

from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, PlainText, WholeNumber
from mengya_health.record.queries import OpenEntry

OPEN, WATCH, NOT_NOW = "open", "watch", "not_now"
LONGEST_REASON = 300


@dataclass(frozen=True)
class Decision:
    """`decision` is open (a case, into screening), watch (a case that only watches) or not_now, which has a reason."""

    pathway: str
    decision: str
    reason: str


def undecided(opened: OpenEntry) -> list[dict]:
    """Return the proposals of a check that nobody has decided, as they are stored."""
    decided = {each["pathway"] for each in opened.content["decisions"]}
    return [each for each in opened.content["proposals"] if each["pathway"] not in decided]


def choices_for(proposal: Mapping) -> tuple[str, ...]:
    """Return what may be decided: only what is suggested for watching may be watched."""
    return (OPEN, NOT_NOW) if proposal["how"] in ("open", "refer") else (WATCH, OPEN, NOT_NOW)


def read_decisions(opened: OpenEntry, sent: Mapping) -> tuple[list[Decision], int]:
    """Return the decisions of a sent form and the row version it was made from.

    Every proposal left has to be answered. Raises Invalid with a message per field.
    """
    left = undecided(opened)
    made: dict[str, fields.Field] = {"row_version": WholeNumber(low=1, high=10**6, required=True)}
    for each in left:
        made[f"decide_{each['pathway']}"] = Choice(*choices_for(each), required=True)
        made[f"reason_{each['pathway']}"] = PlainText(longest=LONGEST_REASON, lines=True)
    loaded = Form.from_dict(made, name="Decisions")().load(sent)
    decisions = [
        Decision(each["pathway"], loaded[f"decide_{each['pathway']}"], loaded.get(f"reason_{each['pathway']}", ""))
        for each in left
    ]
    unexplained = [each.pathway for each in decisions if each.decision == NOT_NOW and not each.reason]
    if unexplained:
        words = ["暂不立案要写明理由。 Say why not now."]
        raise Invalid(fields={f"reason_{pathway}": words for pathway in unexplained})
    return decisions, loaded["row_version"]

"""Ask for a signature, and take one: each paper of a case is signed at the version that was on the page."""

from dataclasses import replace
from datetime import date
from typing import Required, TypedDict
from uuid import UUID

from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import CaseStep, Task
from mengya_health.care.queries import OpenCase
from mengya_health.care.tasks import start_task
from mengya_health.errors import NotNow
from mengya_health.record.queries import OpenEntry
from mengya_health.signing.commands import sign_entry
from mengya_health.signing.queries import signatures_of

PAPERS = {
    "care_plan": "看一看计划，去签名",
    "evaluation": "看一看评估，去签名",
    "class_summary": "写班级小结，去签名",
    "closing_summary": "看一看结案小结，去签名",
}


def ask_for_signature(
    work,
    opened: OpenCase,
    step: CaseStep | None,
    *,
    whose_turn: str,
    document: str,
    entry_id: UUID | None,
    due_on: date,
) -> Task:
    """Put a paper on somebody's list to be signed; `entry_id` is None while they have still to write it."""
    return start_task(
        work,
        opened.child,
        kind="signature",
        whose_turn=whose_turn,
        due_on=due_on,
        body={"title": PAPERS[document], "document": document},
        case=opened.case,
        step=step,
        subject_id=entry_id,
    )


class Proof(TypedDict, total=False):
    """What comes with a signature: the `version` that was on the page, and the `pin` or a `passkey`'s answer.

    `shown` and `nonce` are as for `sign_entry`.
    """

    version: Required[int]
    shown: Required[dict]
    nonce: Required[bytes]
    pin: str
    passkey: str


def sign_paper(
    work,
    opened: OpenCase,
    facts: CaseFacts,
    entry: OpenEntry | None,
    *,
    capacity: str,
    version: int,
    decision: str = "agree",
    **proof,
) -> CaseFacts:
    """Sign an entry at the version that was read, and return the facts with the signature among them.

    `proof` is the rest of a `Proof`. Raises NotNow where there is nothing to sign, and what `sign_entry` raises.
    """
    if entry is None:
        raise NotNow("现在没有要签的内容，请回到首页看看。", "There is nothing to sign now.")
    sign_entry(work, opened.child, entry, read_version=version, decision=decision, capacity=capacity, **proof)
    work.session.flush()
    signed = signatures_of(work, opened.child, [entry.id])
    return replace(facts, signatures={**facts.signatures, entry.id: tuple(signed[entry.id])})

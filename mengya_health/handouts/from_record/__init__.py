"""Papers filled from the record: each asks permission and leaves its audit rows, then holds plain values only."""

from collections.abc import Callable
from uuid import UUID

from mengya_health.access.permissions import Permission
from mengya_health.handouts.content import ClosingSummary, HomeGuide, RecordSummary, ReferralLetter, SignatureReceipt
from mengya_health.handouts.from_record.closing_summary import closing_summary
from mengya_health.handouts.from_record.home_guide import home_guide
from mengya_health.handouts.from_record.record_summary import record_summary
from mengya_health.handouts.from_record.referral_letter import referral_letter
from mengya_health.handouts.from_record.signature_receipt import signature_receipt
from mengya_health.people.facts import ChildFacts
from mengya_health.work import Work

Content = HomeGuide | ReferralLetter | RecordSummary | ClosingSummary | SignatureReceipt

DOCUMENTS: dict[str, Callable[[Work, ChildFacts, UUID | None], Content]] = {
    "home_guide": home_guide,
    "referral_letter": referral_letter,
    "record_summary": record_summary,
    "closing_summary": closing_summary,
    "signature_receipt": signature_receipt,
}
# What one needs to ask for a paper. A receipt is for whoever signed, a teacher too; filling it asks whose it is.
_PERMISSIONS = {"signature_receipt": Permission.READ_CHILD}


def permission_for(document: str) -> Permission:
    """Return the permission that a paper about a child takes."""
    return _PERMISSIONS.get(document, Permission.PRINT_HEALTH)

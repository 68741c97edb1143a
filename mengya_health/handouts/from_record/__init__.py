"""Papers filled from the record: each asks permission and leaves its audit rows, then holds plain values only."""

from collections.abc import Callable
from uuid import UUID

from mengya_health.handouts.content import ClosingSummary, HomeGuide, RecordSummary, ReferralLetter
from mengya_health.handouts.from_record.closing_summary import closing_summary
from mengya_health.handouts.from_record.home_guide import home_guide
from mengya_health.handouts.from_record.record_summary import record_summary
from mengya_health.handouts.from_record.referral_letter import referral_letter
from mengya_health.people.facts import ChildFacts
from mengya_health.work import Work

Content = HomeGuide | ReferralLetter | RecordSummary | ClosingSummary

DOCUMENTS: dict[str, Callable[[Work, ChildFacts, UUID | None], Content]] = {
    "home_guide": home_guide,
    "referral_letter": referral_letter,
    "record_summary": record_summary,
    "closing_summary": closing_summary,
}

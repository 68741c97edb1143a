"""What is kept for a while only: sign-ins, failed tries, links, forms that were sent twice, drafts, messages."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_

from mengya_health import db
from mengya_health.access import fence
from mengya_health.operations.installation import Installation
from mengya_health.people.account_links import TWO_PERSONS_FOR
from mengya_health.people.credential_models import AccountToken
from mengya_health.people.draft_models import Draft
from mengya_health.people.message_models import Message
from mengya_health.people.models import Throttle, UserSession
from mengya_health.record import drafts
from mengya_health.record.models import Idempotency

KEPT = timedelta(hours=72)
MESSAGES_KEPT = timedelta(days=60)  # longer than anything looks back to them


def sweep_old(installation: Installation) -> int:
    """Delete what is older than 72 hours and opens nothing any more; return how many rows it were.

    No sign-in lasts longer than twelve hours, no pause longer than fifteen minutes. A link opens nothing after a day,
    but who made it is kept for as long as the other half of letting somebody in takes somebody else.
    """
    before = installation.now() - KEPT
    with db.open_session(installation.engine, writing=True) as session:
        fence.lift(session)  # drafts are of children, and this is nobody's work
        deleted = sum(session.execute(statement).rowcount for statement in _of(before))
        session.commit()
    return deleted


def _of(before: datetime) -> tuple:
    no_pause = or_(Throttle.blocked_until.is_(None), Throttle.blocked_until < before)
    return (
        delete(UserSession).where(UserSession.created_at < before),
        delete(Throttle).where(Throttle.since_at < before, no_pause),
        delete(Idempotency).where(Idempotency.stored_at < before),
        delete(Draft).where(Draft.saved_at <= before + KEPT - drafts.KEPT),
        delete(Message).where(Message.created_at < before + KEPT - MESSAGES_KEPT),
        delete(AccountToken).where(AccountToken.made_at < before + KEPT - TWO_PERSONS_FOR),
    )

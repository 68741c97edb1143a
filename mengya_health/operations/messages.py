"""Messages leave: one digest a day for each person, what is urgent at once, and codes. Made and sent by the worker.

A message's row is written, and marked as being sent, before it is handed over: where the worker dies in between it may
be lost, but it never comes twice. What failed is tried again with growing pauses, then counts as failed.
"""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError as DuplicateKey

from mengya_health.care.inbox import count_inbox, number_to_tell
from mengya_health.config import Settings
from mengya_health.errors import MengyaError, NotPermitted, Unavailable
from mengya_health.operations.channels import Channel, NotSent, channels_of
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_user
from mengya_health.people.message_models import CODE, DIGEST, URGENT, Message
from mengya_health.people.messages import account_body, new_message
from mengya_health.people.models import User
from mengya_health.people.reach import Address, address_in, wants_digest
from mengya_health.work import LOCAL

log = logging.getLogger("mengya")

LAST_HOUR = 21  # no digest leaves later: it waits for the morning
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 25, 125))  # before the second try, the third …
DIED = timedelta(minutes=10)
URGENT_FOR = timedelta(days=1)
BATCH = 200
LONGEST_S = 20  # of a sweep: papers must be printed, too
TOLD = ("completed", "off", "unreachable", "failed")  # the rest is not new any more the day after


def post(installation: Installation, channels: Mapping[str, Channel]) -> int:
    """Make today's digests and send what waits; return how many messages left. One sweep of the worker."""
    until_s = time.monotonic() + LONGEST_S
    _make_digests(installation, until_s)
    return _send_all(installation, channels, until_s)


def wording(kind: str, number: int, *, language: str, base_url: str, code: str = "") -> tuple[str, str]:
    """Return subject and text of a message: a number and where to look, nothing about anybody."""
    where = f"{base_url.rstrip('/')}/inbox"
    if language == "en":
        texts = {
            DIGEST: ("Tongxin record: something waits for you", f"{number} thing(s) wait for you. Please open {where}"),
            URGENT: ("Tongxin record: please look now", f"One thing waits that cannot wait. Please open {where}"),
            CODE: ("Tongxin record: your code", f"Your code is {code}, good for 30 minutes. Not you? Ignore it."),
        }
        subject, text = texts[kind]
        return subject, f"Tongxin record: {text}"
    texts = {
        DIGEST: ("童馨档案：有事等您看", f"有 {number} 件事等您看。请打开 {where}"),
        URGENT: ("童馨档案：请马上看一看", f"有 1 件要马上看的事。请打开 {where}"),
        CODE: ("童馨档案：验证码", f"验证码 {code}，30 分钟内有效。不是您要的，不用理会。"),
    }
    subject, text = texts[kind]
    return subject, f"童馨档案：{text}"


def try_channel(settings: Settings, address: str) -> None:
    """Send one message to an address, for whoever sets the channels up. Raises Unavailable with the reason."""
    name = "mail" if "@" in address else "webhook"
    channel = channels_of(settings).get(name)
    if channel is None:
        setting = {"mail": "MENGYA_SMTP_URL", "webhook": "MENGYA_WEBHOOK_URL"}[name]
        raise Unavailable(f"还没有设置 {setting}。", f"{setting} is not set.")
    try:
        channel.send(address, *wording(DIGEST, 1, language="zh", base_url=settings.base_url))
    except NotSent as error:
        raise Unavailable(f"没有送出：{error.code}。", f"Not sent: {error.code}.") from error


# --- digests ----------------------------------------------------------------------------------------------------------


def _make_digests(installation: Installation, until_s: float) -> None:
    hour = installation.now().astimezone(LOCAL).hour
    if not installation.settings.digest_hour <= hour < LAST_HOUR:
        return
    with begin_work(installation, None, writing=False) as work:
        todays = and_(Message.user_id == User.id, Message.kind == DIGEST, Message.told_on == work.today)
        chosen = select(User.id).where(User.status == "active", ~select(Message.id).where(todays).exists())
        waiting = work.session.scalars(chosen.order_by(User.id).limit(BATCH)).all()
    for user_id in waiting:
        if time.monotonic() > until_s:
            return
        make_digest(installation, user_id)


def make_digest(installation: Installation, user_id: UUID) -> None:
    """Write down today's digest of one account, also where there is nothing to tell; done once a day by one worker."""
    status, number = _digest_of(installation, user_id)
    try:
        with begin_work(installation, None) as work:
            message = new_message(work, user_id, DIGEST, subject_id=user_id, number=number, status=status)
            message.finished_at = None if status == "requested" else work.now
            work.session.add(message)
    except DuplicateKey:
        log.info("another worker made the digest of %s", user_id)


def _digest_of(installation: Installation, user_id: UUID) -> tuple[str, int]:
    """Return what becomes of somebody's digest, and of how many things it speaks; under their own rights."""
    try:
        with begin_work(installation, None, writing=False) as work:
            actor = actor_of_user(work, user_id)
        with begin_work(installation, actor, writing=False) as work:
            told = and_(Message.user_id == user_id, Message.kind == DIGEST, Message.status.in_(TOLD))
            last_told_at = work.session.scalar(select(func.max(Message.created_at)).where(told, Message.number > 0))
            number = number_to_tell(work, count_inbox(work), last_told_at)
            body = account_body(work, work.session.get(User, user_id)) if number else {}
            settings = work.settings
    except NotPermitted:
        return "nothing", 0
    except MengyaError as error:
        # One account that cannot be opened must not keep the digest from everybody else.
        log.error("no digest for %s: %s", user_id, error.code)
        return "failed", 0
    if not number:
        return "nothing", 0
    if not wants_digest(body):
        return "off", number
    return ("requested" if address_in(settings, body) else "unreachable"), number


# --- sending ----------------------------------------------------------------------------------------------------------


def _send_all(installation: Installation, channels: Mapping[str, Channel], until_s: float) -> int:
    with begin_work(installation, None) as work:
        _give_up_old(work)
        due = select(Message.id).where(Message.status == "requested", Message.next_at <= work.now)
        waiting = work.session.scalars(due.order_by(Message.kind == DIGEST, Message.next_at).limit(BATCH)).all()
    sent = 0
    for message_id in waiting:
        if time.monotonic() > until_s:
            break
        sent += send_one(installation, channels, message_id)
    return sent


def _give_up_old(work) -> None:
    """Mark what a dead worker left, which may have arrived, and what is too old to be news."""
    died = and_(Message.status == "in-progress", Message.next_at < work.now - DIED)
    stale = and_(
        Message.status == "requested",
        or_(and_(Message.kind == DIGEST, Message.told_on < work.today), Message.created_at < work.now - URGENT_FOR),
    )
    for which, code in ((died, "worker_died"), (stale, "too_late")):
        over = update(Message).where(which)
        work.session.execute(over.values(status="failed", error_code=code, finished_at=work.now))


def send_one(installation: Installation, channels: Mapping[str, Channel], message_id: UUID) -> bool:
    """Send one message; return whether it left. Two workers never send the same."""
    taken = _take(installation, message_id)
    if taken is None:
        return False
    message, address, subject, text = taken
    if message.kind == DIGEST and message.attempts > 1 and not _digest_of(installation, message.user_id)[1]:
        _finish(installation, message_id, "nothing")  # they have looked meanwhile, or may not be told any more
        return False
    channel = channels.get(address.channel) if address else None
    if channel is None:
        _finish(installation, message_id, "unreachable", "no_channel")
        return False
    try:
        channel.send(address.to, subject, text)
    except NotSent as error:
        log.warning("message %s did not leave: %s", message_id, error.code)
        _try_later(installation, message, error.code)
        return False
    _finish(installation, message_id, "completed")
    return True


def _take(installation: Installation, message_id: UUID) -> tuple[Message, Address | None, str, str] | None:
    """Mark a message as being sent, by compare-and-set, and return it with its address and words."""
    with begin_work(installation, None) as work:
        mine = update(Message).where(Message.id == message_id, Message.status == "requested")
        values = {"status": "in-progress", "attempts": Message.attempts + 1, "next_at": work.now}
        if work.session.execute(mine.values(**values)).rowcount != 1:
            return None
        message = work.session.get(Message, message_id)
        user = work.session.get(User, message.user_id)
        body = account_body(work, user)
        address = _address(work, message, body) if user.status == "active" else None
        wanted = {"language": user.language, "base_url": work.settings.base_url, "code": body.get("email_code", "")}
        return message, address, *wording(message.kind, message.number, **wanted)


def _address(work, message: Message, body: Mapping) -> Address | None:
    """Return where a message goes now; a code goes to the address that is being tried."""
    if message.kind == CODE:
        return Address("mail", body["email_asked"]) if body.get("email_asked") else None
    return address_in(work.settings, body)


def _try_later(installation: Installation, message: Message, code: str) -> None:
    if message.attempts > len(PAUSES):
        _finish(installation, message.id, "failed", code)
        return
    with begin_work(installation, None) as work:
        again = {"status": "requested", "next_at": work.now + PAUSES[message.attempts - 1], "error_code": code}
        work.session.execute(update(Message).where(Message.id == message.id).values(**again))


def _finish(installation: Installation, message_id: UUID, status: str, code: str = "") -> None:
    with begin_work(installation, None) as work:
        over = update(Message).where(Message.id == message_id)
        work.session.execute(over.values(status=status, error_code=code, finished_at=work.now))

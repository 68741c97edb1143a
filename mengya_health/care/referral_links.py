"""Links with which a receiver without an account reads and answers one referral: one browser, one child, for a time.

The address holds 256 bits nobody can guess, and opens nothing without the child's birth date, which stands on the
letter. The first browser that opens it is the only one; stored are keyed hashes and a seal. Until it is opened the
letter is printed with it as a code: the token is worked out again from the keys, which no database holds.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select, update

from mengya_health import audit
from mengya_health.access import fence
from mengya_health.access.actor import Actor, ReferralLink
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care import models
from mengya_health.care.referrals import find_referral
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotNow, NotPermitted
from mengya_health.people import seals, throttle
from mengya_health.people.accounts import new_account
from mengya_health.people.models import Child, Organisation
from mengya_health.people.sessions import require_fresh
from mengya_health.people.subjects import subjects_of
from mengya_health.work import LOCAL

TRIES = 5
NEW, HERE, ELSEWHERE = "new", "here", "elsewhere"
WITHOUT_ACCOUNT = "link"  # status of the user row under which its holder stands in history and audit: nobody signs in


@dataclass(frozen=True)
class IssuedLink:
    """A link to be handed over: only its token's keyed hash is kept."""

    path: str = field(repr=False)
    expires_at: datetime


def issue_link(work, referral_id: UUID) -> IssuedLink:
    """Make the link of a referral that waits for its reply, as its clinic; earlier ones are void.

    Raises NotFound, NotPermitted, PasswordNeeded, NotNow for a referral that is settled or not consented any more.
    """
    child, row = find_referral(work, referral_id, Permission.WRITE_HEALTH)
    require_fresh(work)
    door = next((tie for tie in child.subject.current("receiver") if tie.basis_id == row.id), None)
    if door is None or not child.subject.has_consent("P3", row.receiver_id):
        raise NotNow(
            "现在不能给接诊方看：家长没有同意向这家机构提供资料，或期限已过。请先请家长同意，或另开一张转诊单。",
            "The receiver may not read this now: consent (P3) is missing, or the time is over. Ask the family first.",
        )
    _end_links(work, row.id)
    link_id = new_id()
    token = work.keys.link_tokens(link_id)[0]
    place = work.session.get(Organisation, row.receiver_id).name
    link = models.ReferralLink(
        id=link_id,
        referral_id=row.id,
        child_id=child.id,
        receiver_id=row.receiver_id,
        token_hash=work.keys.code_hash(_named("token", token)),
        made_by=work.actor.user_id,
        made_at=work.now,
        expires_at=datetime.combine(door.ends_on, time(), LOCAL).astimezone(work.now.tzinfo),
        tries=0,
        row_version=1,
    )
    link.user_id = new_account(
        work, login=f"referral-link {link.id}", name=f"{place}（凭链接）", phone="", status=WITHOUT_ACCOUNT
    ).id
    seals.seal(work, link)
    work.session.add(link)
    work.session.flush()
    audit.changed(work, child.id, "referral_link", link.id, action="C")
    return IssuedLink(f"/letter/{token}", link.expires_at)


def link_to_print(work, row: models.Referral) -> str:
    """Return the path of the link that waits to be opened, for the letter; "" where there is none.

    What a browser has opened is not printed again: it would open nothing there.
    """
    link = models.ReferralLink
    chosen = select(link).where(
        link.referral_id == row.id, link.ended_at.is_(None), link.browser_hash.is_(None), link.expires_at > work.now
    )
    found = work.session.scalar(chosen)
    if row.status not in models.WAITING or found is None or found.tries >= TRIES or not seals.holds(work, link, found):
        return ""
    tokens = work.keys.link_tokens(found.id)
    return next((f"/letter/{token}" for token in tokens if found.token_hash in _hashes(work, "token", token)), "")


def standing_of(work, token: str, browser: str | None) -> str:
    """Return whether a link was opened HERE, in this browser, or ELSEWHERE; NEW for any other, known or not."""
    link = _find(work, models.ReferralLink.token_hash, "token", token)
    if link is None or link.browser_hash is None:
        return NEW
    return HERE if browser and link.browser_hash in _hashes(work, "browser", browser) else ELSEWHERE


def open_link(work, *, token: str, birth_on: date) -> str:
    """Open a link for the browser it is sent from; return what that browser shows from now on.

    Raises Invalid for a link that is unknown, void or too old, without saying which, and for a wrong birth date (five
    tries); NotNow for one that was opened in another browser; TooMany.
    """
    address = throttle.address_key(work)
    throttle.require_open(work, address)
    link = _find(work, models.ReferralLink.token_hash, "token", token, is_locked=True)
    if link is None or not _is_allowed(work, link):
        throttle.count_later(work, address, throttle.ADDRESS)
        raise _no_link()
    if link.browser_hash is not None:
        raise NotNow(
            "这个链接已经在另一台电脑或手机上打开过，只能在那里看。请向转出的门诊再要一个链接。",
            "This link was opened in another browser and works only there. Ask the referring clinic for another.",
        )
    _require_birth_date(work, link, birth_on)
    browser = secrets.token_urlsafe(32)
    link.browser_hash, link.opened_at = work.keys.code_hash(_named("browser", browser)), work.now
    seals.reseal(work, link)
    work.session.flush()
    work.actor = _actor(link)
    audit.changed(work, link.child_id, "referral_link", link.id)
    return browser


def enter_by_link(work, browser: str | None) -> UUID:
    """Let the holder of an opened link act in this piece of work; return the referral. Raises NotPermitted.

    Whether the referral is still open to them, and consented, whoever reads or answers it asks.
    """
    link = _find(work, models.ReferralLink.browser_hash, "browser", browser) if browser else None
    if link is None:
        raise nothing_open_here()
    work.actor = _actor(link)
    fence.put_up(work.session, work.actor)
    return link.referral_id


def nothing_open_here() -> NotPermitted:
    """Return what is said where no letter is open in this browser, or no longer."""
    return NotPermitted(
        "转诊单在这里打不开：链接没有在这台电脑上打开过，或已经结束。请用转诊单上的链接打开，或向转出的门诊再要一个。",
        "No referral is open here: its link was not opened in this browser, or has ended. Ask for another.",
    )


# --- inside -----------------------------------------------------------------------------------------------------------


def _actor(link: models.ReferralLink) -> Actor:
    opens = ReferralLink(link.id, link.referral_id, link.receiver_id)
    return Actor(link.user_id, "receiver_link", session_kind="link", link=opens)


def _find(work, column, name: str, value: str, *, is_locked: bool = False) -> models.ReferralLink | None:
    """Return the link of a token that may still open something."""
    fence.lift(work.session)  # nobody is signed in: the sealed link is what lets them in
    chosen = select(models.ReferralLink).where(column.in_(_hashes(work, name, value)))
    link = work.session.scalar(chosen.with_for_update() if is_locked else chosen)
    if link is None or link.ended_at or work.now >= link.expires_at or link.tries >= TRIES:
        return None
    return link if seals.holds(work, models.ReferralLink, link) else None


def _is_allowed(work, link: models.ReferralLink) -> bool:
    """Return whether the child's ties and consents still let the holder of a link read its referral."""
    found = subjects_of(work, [link.child_id]).get(link.child_id)
    return found is not None and is_allowed(_actor(link), Permission.READ_REFERRAL, found.subject)


def _require_birth_date(work, link: models.ReferralLink, birth_on: date) -> None:
    child = work.session.get(Child, link.child_id)
    work.keys.load([child.id])
    identity = work.keys.open_body("child", child.id, child.id, "identity", child.body, child.body_version)
    if identity["birth_on"] == birth_on.isoformat():
        return
    row = models.ReferralLink
    tried = update(row).where(row.id == link.id).values(tries=row.tries + 1)

    def count(session) -> None:
        fence.lift(session)
        session.execute(tried)

    work.after_rollback.append(count)
    throttle.count_later(work, throttle.address_key(work), throttle.ADDRESS)
    left = TRIES - link.tries - 1
    if left > 0:
        raise Invalid(fields={"birth_on": [f"和转诊单上的出生日期不一样，还可以试 {left} 次。 {left} tries left."]})
    raise Invalid(
        fields={"birth_on": ["试错五次，这个链接作废了，请向门诊再要一个。 Five wrong tries: ask for another link."]}
    )


def _end_links(work, referral_id: UUID) -> None:
    row = models.ReferralLink
    for link in work.session.scalars(select(row).where(row.referral_id == referral_id, row.ended_at.is_(None))):
        link.ended_at = work.now
        seals.reseal(work, link)
    work.session.flush()


def _named(name: str, value: str) -> str:
    return f"referral|{name}|{value}"


def _hashes(work, name: str, value: str) -> list[bytes]:
    return work.keys.code_hashes(_named(name, value))


def _no_link() -> Invalid:
    message = "这个链接不对、已经作废或过期了。请向转出的门诊再要一个。 This link is not right, void or too old."
    return Invalid(fields={"token": [message]})

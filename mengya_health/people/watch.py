"""What the audit of the last hour says that somebody should look at. The worker asks twice a minute."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy import distinct, func, select

from mengya_health.access.refusals import MISSING, PARTIES
from mengya_health.audit import AuditEvent, store_alarms
from mengya_health.db import new_id
from mengya_health.people.emergency import Decoy
from mengya_health.work import LOCAL

HOUR = timedelta(hours=1)
MOST_CHILDREN = 50  # opened one by one in an hour; names on a list and one's own prints do not count
MOST_TRIES = 5  # refusals in an hour
NIGHT_FROM, NIGHT_TO = time(22, 0), time(6, 0)
STAFF = ("doctor", "teacher", "health_staff", "specialist", "reviewer")
# A printed batch, an export and a search name children without opening them one by one.
_OPENING = ("R", "C", "U", "Sign")
# Refusals of the permission table, and of what is not there; a step of the loop that is not due yet is no trespass.
_OUTSIDE = (*PARTIES, *MISSING, "role", "not_found", "not_permitted")
_WHO = (AuditEvent.user_id, AuditEvent.role, AuditEvent.organisation_id)


def watch(work, *, decoys_since: timedelta = HOUR) -> None:
    """Store an alarm for each rule that the audit of the last hour breaks; asking again stores nothing twice.

    Jobs and the command line have no session and are left out of the counts: an import opens a thousand children.
    """
    store_alarms(work.session, [*_many_children(work), *_outside(work), *_night(work), *_decoys(work, decoys_since)])


def _many_children(work) -> Iterator[dict]:
    event = AuditEvent
    in_the_hour = event.at > work.now - HOUR
    lists = select(event.request_id).where(in_the_hour).group_by(event.request_id)
    lists = lists.having(func.count(distinct(event.child_id)) > 1)
    children = func.count(distinct(event.child_id))
    opened = select(*_WHO, children).where(
        in_the_hour,
        event.outcome == "allow",
        event.action.in_(_OPENING),
        event.session_id.is_not(None),
        event.request_id.not_in(lists),
    )
    for user_id, role, place_id, number in work.session.execute(
        opened.group_by(*_WHO).having(children > MOST_CHILDREN)
    ):
        yield _alarm(work, "many_children", f"{user_id} {_hour(work.now)}", user_id, role, place_id, number)


def _outside(work) -> Iterator[dict]:
    event = AuditEvent
    tries = func.count(distinct(event.request_id))
    refused = select(*_WHO, tries).where(
        event.at > work.now - HOUR,
        event.outcome == "deny",
        event.reason.in_(_OUTSIDE),
        event.user_id.is_not(None),
    )
    for user_id, role, place_id, number in work.session.execute(refused.group_by(*_WHO).having(tries >= MOST_TRIES)):
        yield _alarm(work, "outside", f"{user_id} {_hour(work.now)}", user_id, role, place_id, number)


def _night(work) -> Iterator[dict]:
    event, (begins, ends) = AuditEvent, _last_night(work.now)
    pages = func.count(distinct(event.request_id))
    read = select(*_WHO, pages).where(
        event.at >= max(begins, work.now - HOUR),
        event.at < ends,
        event.outcome == "allow",
        event.child_id.is_not(None),
        event.session_id.is_not(None),
        event.role.in_(STAFF),
    )
    for user_id, role, place_id, number in work.session.execute(read.group_by(*_WHO)):
        yield _alarm(work, "night", f"{user_id} {begins.date()}", user_id, role, place_id, number)


def _decoys(work, since: timedelta) -> Iterator[dict]:
    """Yield one alarm for each request that touched a decoy, given or refused. Making one is none of them."""
    made = {decoy.tag: decoy.made_at for decoy in work.session.scalars(select(Decoy))}
    if not made:
        return
    event = AuditEvent
    recent = event.at > work.now - since
    asked = work.session.scalars(select(event.child_id).where(recent, event.child_id.is_not(None)).distinct())
    tags = {child_id: tag for child_id in asked for tag in work.keys.decoy_tags(child_id) if tag in made}
    touched = select(*_WHO, event.request_id, event.child_id, func.min(event.at)).where(
        recent, event.child_id.in_(tags)
    )
    touched = touched.group_by(*_WHO, event.request_id, event.child_id)
    for user_id, role, place_id, request_id, child_id, at in work.session.execute(touched):
        if at > made[tags[child_id]]:
            alarm = _alarm(work, "honeytoken", str(request_id), user_id, role, place_id, 1)
            yield alarm | {"request_id": request_id, "at": at}


def _alarm(work, kind: str, subject: str, user_id, role: str, organisation_id, number: int) -> dict:
    return {
        "id": new_id(),
        "kind": kind,
        "subject": subject,
        "user_id": user_id,
        "role": role,
        "organisation_id": organisation_id,
        "request_id": None,
        "number": number,
        "at": work.now,
    }


def _hour(now: datetime) -> str:
    return f"{now.astimezone(LOCAL):%Y-%m-%dT%H}"


def _last_night(now: datetime) -> tuple[datetime, datetime]:
    """Return when the newest night began and ended, or will end."""
    local = now.astimezone(LOCAL)
    evening = local.date() if local.time() >= NIGHT_FROM else local.date() - timedelta(days=1)
    return datetime.combine(evening, NIGHT_FROM, LOCAL), datetime.combine(evening + timedelta(days=1), NIGHT_TO, LOCAL)

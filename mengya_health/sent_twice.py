"""A form that comes twice is answered as it was the first time: what it led to is stored under the key it carries."""

from uuid import UUID

from flask import g, request
from werkzeug.wrappers import Response

from mengya_health import db
from mengya_health.errors import Invalid, Malformed, MengyaError
from mengya_health.operations.installation import Installation
from mengya_health.record.models import Idempotency
from mengya_health.uploads import digests_of_files
from mengya_health.work import Work


def stored_answer(work: Work, session) -> str | None:
    """Return where the same form led to, if it came before. Raises Invalid for one key with another content."""
    key = _idem_key()
    row = session.get(Idempotency, (work.actor.user_id, key)) if key and work.actor else None
    if row is None:
        return None
    if not work.keys.body_mac_holds(row.body_mac, _form_bytes(work)) or row.route != request.endpoint:
        raise Invalid(
            "这份表单已经保存过另一份内容。请打开新的一页再填。",
            "This form was already saved with other content. Open a new page and fill it in there.",
        )
    return row.location


def store_answer(work: Work, answer: Response) -> None:
    """Keep where a form led to, in the transaction that saves what it said."""
    key = _idem_key()
    if key is None or work.actor is None or answer.status_code not in (302, 303):
        return
    work.session.add(
        Idempotency(
            user_id=work.actor.user_id,
            key=key,
            route=request.endpoint,
            body_mac=work.keys.body_mac(_form_bytes(work)),
            location=answer.headers["Location"],
            stored_at=work.now,
        )
    )
    work.session.flush()


def answer_of_the_twin(place: Installation, error: MengyaError) -> str | None:
    """Return where the same form led to in another worker while this one was refused (PostgreSQL)."""
    work = g.get("work")
    if work is None or isinstance(error, Malformed):
        return None
    try:
        with db.open_session(place.engine, writing=False) as session:
            return stored_answer(work, session)
    except Invalid:
        return None  # no twin: the key was used for something else, which is what is being said already


def _idem_key() -> UUID | None:
    try:
        return UUID(request.form["idem_key"]) if "idem_key" in request.form else None
    except ValueError as error:
        raise Malformed from error


def _form_bytes(work: Work) -> bytes:
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    return repr(fields + digests_of_files(work)).encode()

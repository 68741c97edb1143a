"""The doors. Every view is `@signed_in` or `@public`; a door opens the work, commits it, audits before it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from ipaddress import IPv6Address, ip_network

from flask import Flask, current_app, g, make_response, redirect, request
from sqlalchemy.exc import IntegrityError as DuplicateKey
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from mengya_health import audit, db, drafting, jobs
from mengya_health.access import fence
from mengya_health.drafting import Drafted
from mengya_health.errors import (
    Conflict,
    Invalid,
    Malformed,
    MengyaError,
    NotFound,
    NotNow,
    NotPermitted,
    SignInNeeded,
    TooMany,
    Unavailable,
)
from mengya_health.fields import with_guess_taken
from mengya_health.locale import own_words, read_by, words_of
from mengya_health.operations.installation import Installation, keep_what_survives, store_audit
from mengya_health.people import sign_in
from mengya_health.record import drafts
from mengya_health.sent_twice import answer_of_the_twin, store_answer, stored_answer
from mengya_health.uploads import require_all_read
from mengya_health.waiting import require_own_words, told_to_script
from mengya_health.work import Work

SAFE = ("GET", "HEAD", "OPTIONS")
ANSWERED = (302, 303)  # how a form that was saved is answered
ALWAYS_OPEN = ("health.check",)  # also while nothing may be read or written
FORM_ANSWERS = (Invalid, NotNow, TooMany)  # refusals that go back to the form, with everything typed still there


@dataclass(frozen=True)
class DraftState:
    """What a form knows of its draft: its id, the version it goes on from (0: none) and the field to go on in."""

    id: str
    version: int = 0
    field: str = ""


@dataclass
class FormState:
    """What a form shows: values typed or stored, what is wrong with them, what is missing."""

    values: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    missing: tuple = ()
    message: MengyaError | None = None
    draft: DraftState | None = None  # None for a form that keeps none

    @property
    def said(self) -> str:
        """What was said about the form as a whole, in the reader's language; "" where nothing was."""
        return words_of(self.message) if self.message else ""

    def __getitem__(self, name: str):
        return getattr(self, name)

    def seen(self, row_version: int) -> int | str:
        """Return the version that the form was filled in on, the current one where it is fresh.

        A refused form or a draft keeps its own: else the second try would overwrite what came in between, unseen.
        """
        return self.values.get("row_version") or row_version


def installation() -> Installation:
    """Return the installation behind this application."""
    return current_app.extensions["mengya"]


def signed_in(
    view: Callable | None = None, *, again: str | None = None, stores: bool = True, draft: Drafted | None = None
):
    """Open a page to people who are signed in. `again` names the page a refused form goes back to.

    `stores` False: a form that is only looked at. It is read like a page, and nothing of it is kept.
    `draft`: the form keeps drafts (`web.drafts.with_draft` shows them); saving it deletes its own.
    """
    return _door(view, again, needs_actor=True, stores=stores, draft=draft)


def public(view: Callable | None = None, *, again: str | None = None):
    """Open a page to everybody."""
    return _door(view, again, needs_actor=False)


def _door(view, again, *, needs_actor: bool, stores: bool = True, draft: Drafted | None = None):
    def decorate(inner: Callable) -> Callable:
        @wraps(inner)
        def at_the_door(**view_args):
            g.needs_actor = needs_actor
            if request.endpoint not in ALWAYS_OPEN:
                installation().require_running()
            if request.method in SAFE or not stores:
                return _read(inner, view_args)
            if draft and drafting.is_asked_for():
                return _write(drafting.step_of(draft, again), view_args, None)
            return told_to_script(_write(inner, view_args, again, draft))

        at_the_door.door = "signed_in" if needs_actor else "public"
        at_the_door.inside = inner
        at_the_door.draft = draft
        return at_the_door

    return decorate(view) if view else decorate


def require_doors(app: Flask) -> None:
    """Refuse to start while a view has no door."""
    for endpoint, view in app.view_functions.items():
        if endpoint != "static" and not hasattr(view, "door"):
            raise RuntimeError(f"the view {endpoint} has no door: mark it @signed_in or @public")


def form_state(**stored) -> FormState:
    """Return the refused form if this page is shown again because of one, else a fresh one with stored values."""
    state = g.get("form_state")
    return state or FormState(values=stored)


def submitted(schema) -> dict:
    """Load the posted form through a schema of `fields.Form`. Raises Malformed or Invalid."""
    return schema.load(posted())


def posted() -> Mapping:
    """Return the posted form as it came, for a command that loads it through a schema of its own."""
    g.form_is_read = True
    return request.form


# --- inside the doors ---------------------------------------------------------------------------------------------


def _read(view: Callable, view_args: dict, status: int | None = None) -> Response:
    place = installation()
    session = db.open_session(place.engine, writing=False)
    try:
        work = g.work = _work(place, session)
        answer = make_response(view(work, **view_args))
    except MengyaError as error:
        session.rollback()
        _note_refusal(place, error)
        raise
    except OperationalError as error:
        raise db.as_unavailable(error) from error
    finally:
        session.close()
    _store_reading(place, work)
    if status:
        answer.status_code = status
    return answer


def _write(view: Callable, view_args: dict, again: str | None, draft: Drafted | None = None) -> Response:
    place = installation()
    try:
        try:
            return _commit(place, view, view_args, draft)
        except (DuplicateKey, StaleDataError):
            # Somebody else's change came in between, our own twin's perhaps: once more, on top of what they left.
            return _commit(place, view, view_args, draft)
    except (DuplicateKey, StaleDataError) as error:
        _keep_what_was_typed(place, draft, view_args)
        raise Conflict from error
    except MengyaError as error:
        stored = answer_of_the_twin(place, error)
        if stored:
            return redirect(stored, code=303)
        _note_refusal(place, error)
        if isinstance(error, Conflict):
            _keep_what_was_typed(place, draft, view_args)
        if again is None or not isinstance(error, FORM_ANSWERS) or isinstance(error, Malformed):
            raise
        return _show_again(error, again, view_args)


def _keep_what_was_typed(place: Installation, draft: Drafted | None, view_args: dict) -> None:
    """Keep a form as a draft where the page of a conflict stands in its place (security design §14)."""
    if draft is None:
        return
    try:
        _commit(place, drafting.keep(draft), view_args)
    except (MengyaError, SQLAlchemyError):
        return  # the page of the conflict is what matters; it holds both texts where they can be compared


def _commit(place: Installation, view: Callable, view_args: dict, draft: Drafted | None = None) -> Response:
    session = db.open_session(place.engine, writing=True)
    try:
        work = g.work = _work(place, session)
        require_own_words(work)
        if draft:
            drafting.require_same_person(work, draft)
        stored = stored_answer(work, session)
        if stored:
            return redirect(stored, code=303)
        answer = make_response(view(work, **view_args))
        require_all_read()
        _store_audit(work, session)
        store_answer(work, answer)
        if draft and answer.status_code in ANSWERED:
            drafts.forget_draft(work, drafting.here(draft))
        session.commit()
    except OperationalError as error:
        raise db.as_unavailable(error) from error
    finally:
        session.close()
    jobs.send(place.queue, work.jobs_to_send)
    return answer


def _work(place: Installation, session) -> Work:
    work = place.work(session, None, source=_source(), address=_address())
    work.actor = sign_in.actor_for(work, request.cookies.get(cookie_name(place)))
    if work.actor:
        read_by(work.actor.language)
        fence.put_up(session, work.actor)
    elif g.needs_actor:
        raise SignInNeeded
    return work


def _store_audit(work: Work, session) -> None:
    """Store the audit rows, and at most once a minute that the sign-in is in use. Without them nothing is answered."""
    try:
        for act in work.after_answer:
            act(session)
        work.write_audit(session)
    except SQLAlchemyError as error:
        raise Unavailable from error


def _store_reading(place: Installation, work: Work) -> None:
    """Store a reading's rows in one short transaction of their own, before the answer leaves."""
    try:
        store_audit(place, work)
    except SQLAlchemyError as error:
        raise Unavailable from error


def _note_refusal(place: Installation, error: MengyaError) -> None:
    work = g.get("work")
    if work is None:
        return
    if isinstance(error, NotPermitted | NotFound) and work.actor and not error.is_noted:
        child_id = error.child_id or (request.view_args or {}).get("child_id")
        audit.refused(work, child_id, request.endpoint.split(".")[0][:20], error.reason or error.code)
    audit.alarm_about(work, error)
    try:
        keep_what_survives(place, work)
    except SQLAlchemyError as failure:
        raise Unavailable from failure


def _show_again(error: MengyaError, again: str, view_args: dict) -> Response:
    values = {name: kept if len(kept) > 1 else kept[0] for name, kept in with_guess_taken(request.form).lists()}
    errors = {name: [own_words(each) for each in said] for name, said in getattr(error, "fields", {}).items()}
    g.form_state = FormState(values, errors, getattr(error, "missing", ()), error)
    status = {"not_now": 409, "too_many": 429}.get(error.code, 422)
    page = current_app.view_functions[again].inside
    return _read(page, view_args, status)


def cookie_name(place: Installation) -> str:
    """Return the session cookie's name; only the demo on plain http does without the `__Host-` prefix."""
    return "txs" if not place.settings.is_production else "__Host-txs"


def set_session_cookie(answer: Response, token: str) -> Response:
    """Give the browser a session token."""
    place = installation()
    secure = place.settings.is_production
    answer.set_cookie(cookie_name(place), token, httponly=True, secure=secure, samesite="Lax", path="/")
    return answer


def _address() -> str:
    """Return the caller's address, of IPv6 the /64 that one line is given."""
    told = request.remote_addr or ""
    try:
        address = IPv6Address(told)
    except ValueError:
        return told
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def _source() -> str:
    """Return the caller's address, shortened so that it names a household at most."""
    address = request.remote_addr or ""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::"
    return ".".join(address.split(".")[:3] + ["0"]) if address else ""

"""Drafts at the door: a form that keeps drafts is sent to its own address, with `draft_step`, and nothing is saved.

So whoever may not write there may not draft there either, and no draft can name another child than its page does.
`draft` is the id the page was made with: it ties the page to whoever opened it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import g, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from mengya_health.access.permissions import Permission
from mengya_health.errors import Malformed, OtherAccount
from mengya_health.fields import DOOR_FIELDS, SECRETS
from mengya_health.people.facts import ChildFacts
from mengya_health.record import drafts
from mengya_health.work import LOCAL

NOT_KEPT = (*SECRETS, "nonce")  # how the names of fields begin that never enter a draft


@dataclass(frozen=True)
class Drafted:
    """What a form that keeps drafts writes, and how the child of its address is found.

    `find` raises what saving the form would raise to somebody who may not. `compares`: a stale save of this form is
    shown beside what is stored, so its draft may go on from an older version.
    """

    permission: Permission
    section: str
    find: Callable[..., ChildFacts]
    compares: bool = False
    told_by: tuple[str, ...] = ()  # hidden fields that tell one form from the next at the same address


def is_asked_for() -> bool:
    """Return whether this form was sent to be kept or dropped as a draft, not to be saved."""
    return "draft_step" in request.form


def address_of(endpoint: str, view_args: Mapping, query: Mapping) -> str:
    """Return the address by which a form's draft is known."""
    return url_for(endpoint, **view_args, **query)


def here(form: Drafted) -> str:
    """Return the same of the form that was sent with this request."""
    told = {name: request.form[name] for name in form.told_by if name in request.form}
    return address_of(request.endpoint, request.view_args, request.args.to_dict() | told)


def require_same_person(work, form: Drafted) -> None:
    """Raise OtherAccount for a page that was opened by somebody else: their words are not the actor's."""
    if "draft" in request.form and request.form["draft"] != work.keys.draft_id(work.actor.user_id, here(form)).hex:
        raise OtherAccount


def step_of(form: Drafted, again: str) -> Callable[..., Response]:
    """Return the view that keeps or drops a draft of this form."""

    def step(work, **view_args) -> Response:
        require_same_person(work, form)
        match request.form["draft_step"]:
            case "keep":
                return keep(form, seen=_seen())(work, **view_args)
            case "drop":
                g.form_is_read = True
                drafts.drop_draft(work, form.find(work, **view_args), here(form))
                return redirect(url_for(again, **view_args, **request.args.to_dict()), 303)
        raise Malformed

    return step


def keep(form: Drafted, *, seen: int | None = None) -> Callable[..., Response]:
    """Return the view that keeps what was sent as a draft; see `record.drafts.keep_draft`."""

    def kept(work, **view_args) -> Response:
        g.form_is_read = True
        child = form.find(work, **view_args)
        work.audit_rows.clear()  # nothing is shown; what is kept is noted below
        draft = drafts.keep_draft(
            work,
            child,
            form.section,
            here(form),
            _typed(),
            field=request.form.get("draft_field", "")[:60],
            form_key=_form_key(),
            seen=seen,
        )
        at = f"{work.now.astimezone(LOCAL):%H:%M:%S}"
        return jsonify(version=draft.row_version, said=_("草稿已存 %(at)s，换电脑也在", at=at))

    return kept


def _typed() -> dict[str, list[str]]:
    names = [name for name in request.form if name not in DOOR_FIELDS and not name.startswith(NOT_KEPT)]
    return {name: request.form.getlist(name) for name in names}


def _seen() -> int | None:
    try:
        return int(request.form["draft_seen"]) if "draft_seen" in request.form else None
    except ValueError as error:
        raise Malformed from error


def _form_key() -> UUID | None:
    return UUID(request.form["idem_key"]) if "idem_key" in request.form else None  # the door has looked at it

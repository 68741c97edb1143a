"""今天记的: an observation is changed, or struck, by the hand that wrote it; what stood there stays readable."""

from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health.access.permissions import Permission
from mengya_health.care.observing import correct_observation, require_not_struck, strike_observation
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Conflict, NotFound
from mengya_health.fields import Form, WholeNumber
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.queries import OpenEntry, entries_of_kind, find_entry
from mengya_health.web.classes import bp
from mengya_health.web.observing import observation_form, observed, typed_of
from mengya_health.web.shown import class_pages
from mengya_health.web.shown import classes as shown

SEEN_VERSION = {"row_version": WholeNumber(low=1, high=10**9, required=True)}


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>/observations/<uuid:entry_id>")
@signed_in
def own(work, group_id: UUID, child_id: UUID, entry_id: UUID):
    child, entry = _own(work, group_id, child_id, entry_id)
    form = form_state(**typed_of(entry.content))
    page = class_pages.own_page(work, group_id, child, entry, _asked(work, child, entry), form)
    return render_template("pages/teacher/own.html", **page)


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>/observations/<uuid:entry_id>")
@signed_in(again="classes.own")
def change_own(work, group_id: UUID, child_id: UUID, entry_id: UUID):
    child, entry = _own(work, group_id, child_id, entry_id)
    asked, domain = _asked(work, child, entry), _domain_of(entry)
    said = submitted(observation_form(asked, **SEEN_VERSION))
    content = observed(said, asked, domain=domain, setting="class")
    try:
        is_told = correct_observation(work, child, entry_id, content=content, row_version=said["row_version"])
    except Conflict as conflict:
        theirs, base = (typed_of(each) for each in (conflict.theirs, conflict.base))
        raise Conflict(theirs=theirs, base=base, row_version=conflict.row_version) from conflict
    return redirect(url_for("classes.written", saved="told" if is_told else "stored"), 303)


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>/observations/<uuid:entry_id>/strike")
@signed_in(again="classes.own")
def strike_own(work, group_id: UUID, child_id: UUID, entry_id: UUID):
    child, _entry = _own(work, group_id, child_id, entry_id)
    seen = submitted(Form.from_dict(SEEN_VERSION)())
    strike_observation(work, child, entry_id, **seen)
    return redirect(url_for("classes.written", saved="withdrawn"), 303)


def _own(work, group_id: UUID, child_id: UUID, entry_id: UUID) -> tuple[ChildFacts, OpenEntry]:
    child = find_child(work, child_id, Permission.WRITE_BEHAVIOUR)
    if child.group_id != group_id:
        raise NotFound
    entry = find_entry(work, child, entry_id)
    require_not_struck(entry)
    return child, entry


def _domain_of(entry: OpenEntry) -> str:
    return entry.content.get("domain", shown.FIRST_DOMAIN)


def _asked(work, child: ChildFacts, entry: OpenEntry) -> list[dict]:
    """Return the questions of the entry's own tile, none of them folded away that it answered."""
    asked = shown.questions(work, child, _domain_of(entry), entries_of_kind(work, child, "observation"))
    answered = typed_of(entry.content)
    return [each | {"is_more": each["is_more"] and each["name"] not in answered} for each in asked]

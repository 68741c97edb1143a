"""谁能看: who sees which section of a child's record, and a guardian who closes one for a while."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.actor import CLOSABLE
from mengya_health.access.permissions import Permission
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, LocalDate
from mengya_health.people import sharing
from mengya_health.people.places import names_of
from mengya_health.people.queries import family_of, find_child
from mengya_health.web.family import bp
from mengya_health.web.family_people import SPANS
from mengya_health.web.shown import family_sharing as shown


class CloseForm(Form):
    """Until when a section stays closed: one of a few spans, or a day."""

    until = Choice(*SPANS, "day", required=True)
    to_on = LocalDate(load_default=None)


@bp.get("/home/<uuid:child_id>/sharing")
@signed_in
def sharing_page(work, child_id: UUID):
    return render_template("pages/parent/sharing.html", **_page(work, child_id))


@bp.get("/home/<uuid:child_id>/sharing/<section>/<towards>")
@signed_in
def closing_page(work, child_id: UUID, section: str, towards: str):
    page = shown.closing_page(_page(work, child_id), section, towards, _reader(), form_state())
    return render_template("pages/parent/close_section.html", **page)


@bp.post("/home/<uuid:child_id>/sharing/<section>/<towards>")
@signed_in(again="family.closing_page")
def close_section(work, child_id: UUID, section: str, towards: str):
    child = find_child(work, child_id, Permission.SHARE)
    if section not in CLOSABLE.get(towards, ()):
        raise NotFound
    wanted = submitted(CloseForm())
    to_on = wanted["to_on"] if wanted["until"] == "day" else work.today + SPANS[wanted["until"]]
    if to_on is None:
        raise Invalid(fields={"to_on": [_("请写到哪一天。")]})
    sharing.close_section(work, child, section=section, towards=towards, receiver_id=_reader(), to_on=to_on)
    return redirect(url_for("family.sharing_page", child_id=child_id, saved="stored"), 303)


@bp.post("/home/<uuid:child_id>/closures/<uuid:closure_id>/open")
@signed_in
def open_section(work, child_id: UUID, closure_id: UUID):
    sharing.open_section(work, find_child(work, child_id, Permission.SHARE), closure_id)
    return redirect(url_for("family.sharing_page", child_id=child_id, saved="stored"), 303)


def _page(work, child_id: UUID) -> dict:
    child = find_child(work, child_id, Permission.READ_FAMILY)
    audit.read(work, child.id, "child")
    places = {tie.organisation_id for tie in child.subject.ties if tie.organisation_id}
    closures = sharing.closures_of(work, child)
    return shown.sharing_page(work, child, closures, family_of(work, child), names_of(work, places))


def _reader() -> UUID | None:
    """Return the one caregiver or institution that the address names. Raises NotFound for anything but an id."""
    try:
        return UUID(request.args["of"]) if "of" in request.args else None
    except ValueError as error:
        raise NotFound from error

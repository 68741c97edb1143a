"""What a guardian may ask for: a copy of the record, and that it be deleted."""

from uuid import UUID

from flask import Response, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.handouts.whole_copy import whole_copy
from mengya_health.operations import erasing
from mengya_health.people.queries import find_child
from mengya_health.web.family import bp
from mengya_health.web.shown import erasures as shown


class ErasureWish(Form):
    """Which part, and the PIN."""

    scope = Choice("family", "record", required=True)
    pin = PlainText(longest=6, required=True)


@bp.get("/home/<uuid:child_id>/rights")
@signed_in
def rights(work, child_id: UUID):
    child = find_child(work, child_id, Permission.TAKE_COPY)
    audit.read(work, child.id, "child")
    page = shown.rights_page(work, child, erasing.erasures_of(work, child.id), form_state())
    return render_template("pages/parent/rights.html", **page)


@bp.post("/home/<uuid:child_id>/rights")
@signed_in(again="family.rights")
def ask_erasure(work, child_id: UUID):
    child = find_child(work, child_id, Permission.CONSENT)
    wanted = submitted(ErasureWish())
    erasing.ask_erasure(work, child, scope=wanted["scope"], pin=wanted["pin"])
    return redirect(url_for("family.rights", child_id=child_id, saved="sent"), 303)


@bp.post("/home/<uuid:child_id>/rights/copy")
@signed_in
def take_copy(work, child_id: UUID):
    child = find_child(work, child_id, Permission.TAKE_COPY)
    submitted(Form())
    answer = Response(whole_copy(work, child), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{child.number}.json"'
    return answer

"""At the clinic's desk: somebody of a child's family forgot the password and has come in person."""

from uuid import UUID

from flask import render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import signed_in
from mengya_health.people.account_links import start_guardian_reset
from mengya_health.people.queries import find_child
from mengya_health.web.children import bp
from mengya_health.web.shown.accounts import handed_over


@bp.post("/children/<uuid:child_id>/family/<uuid:user_id>/reset")
@signed_in
def reset_login(work, child_id: UUID, user_id: UUID):
    child = find_child(work, child_id, Permission.INVITE_GUARDIAN)
    audit.read(work, child.id, "account", record_id=user_id)
    back = {"href": url_for("children.invite", child_id=child.id), "text": _("回到邀请")}
    return render_template(
        "pages/admin/link.html", **handed_over(work, start_guardian_reset(work, child, user_id), back)
    )

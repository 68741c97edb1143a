"""Pages about the installation itself, for those who run it and those who watch over it. No content."""

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from mengya_health.entry import installation, signed_in
from mengya_health.operations.checkpointing import WitnessState, history_state
from mengya_health.web.shown import words

bp = Blueprint("installation", __name__)


@bp.get("/admin/history")
@signed_in
def history(work):
    return render_template("pages/installation/history.html", **_page(history_state(work, installation())))


def _page(state: WitnessState) -> dict:
    """Return the page (pages/installation/history.html) with its partial (partials/witness.html)."""
    return {
        "witness": {
            "is_set": state.is_set,
            "is_readable": state.is_readable,
            "is_late": state.is_late,
            "at": words.stamp(state.witnessed_at) if state.witnessed_at else "",
        },
        "size": state.size,
        "witnessed_size": state.witnessed_size,
        "checkpoint_at": words.stamp(state.checkpoint_at) if state.checkpoint_at else "",
        "clock_at": words.stamp(state.clock_set_at) if state.clock_set_at else "",
        "back": {"href": url_for("account.show"), "text": _("我的账号")},
    }

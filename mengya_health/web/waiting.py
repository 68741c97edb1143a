"""The waiting queue of the class pages: whose it is, and the key that its entries are sealed with in the browser."""

from base64 import b64encode

from flask import Blueprint, g, jsonify
from flask_wtf.csrf import generate_csrf

from mengya_health.access.refusals import only_for
from mengya_health.entry import signed_in

bp = Blueprint("waiting", __name__)


@bp.get("/class/waiting")
@signed_in
def key(work):
    """The key stays in the page's memory (security design §11); the token is for entries older than a sign-in."""
    if not work.actor.places_as("teacher", "health_staff"):
        raise only_for("teacher_of")
    sealed_with = b64encode(work.keys.queue_key(work.actor.user_id)).decode()
    return jsonify(owner=queue_owner(), key=sealed_with, csrf_token=generate_csrf())


@bp.app_template_global()
def queue_owner() -> str:
    """Return what the reader's entries in the queue of a device are known by."""
    return g.work.keys.queue_owner(g.work.actor.user_id)

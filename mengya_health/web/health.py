"""Whether this installation can work: for the proxy and the supervisor."""

from flask import Blueprint, jsonify

from mengya_health.entry import installation, public
from mengya_health.operations.checking import health_of

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def check(_work):
    found = health_of(installation())
    return jsonify(found), 200 if all(found.values()) else 503

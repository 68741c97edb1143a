"""What a class page sends by itself once the network is back: only its own account's words, each of them once.

`static/queue.js` names in a header the account whose page it is; the form of a browser without scripts has no such
header. That nothing is stored twice is `sent_twice`'s doing: an entry keeps the key of the form it came from.
"""

from flask import jsonify, request
from werkzeug.wrappers import Response

from mengya_health.errors import OtherAccount
from mengya_health.work import Work

HEADER = "Mengya-Queue"


def require_own_words(work: Work) -> None:
    """Raise OtherAccount for what somebody else wrote on this device before the actor signed in."""
    owner = request.headers.get(HEADER)
    if owner is not None and (work.actor is None or owner != work.keys.queue_owner(work.actor.user_id)):
        raise OtherAccount


def told_to_script(answer: Response) -> Response:
    """Return where a saved form leads as JSON where a script asked: it cannot read a redirect without following it."""
    if HEADER in request.headers and answer.status_code in (302, 303):
        return jsonify(to=answer.headers["Location"])
    return answer

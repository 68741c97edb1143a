"""Put a child into another clinic's care: the ties, the home clinic, and by what the child is found."""

from uuid import UUID

from sqlalchemy.orm.exc import StaleDataError

from mengya_health import audit
from mengya_health.errors import Conflict
from mengya_health.people import seals
from mengya_health.people.commands import end_tie, note_identity, tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.indexes import write_indexes
from mengya_health.people.models import Child
from mengya_health.people.subjects import ATTENDING

MOVED = "moved"  # authority of a care tie that began with a handover: a family is told for a while


def change_clinic(work, child: ChildFacts, clinic_id: UUID) -> str:
    """End the care of the clinic a child has and begin that of another, today; return the number the old one gave it.

    A building block of a command that has asked for its own permission. The old clinic's number for the child is its
    own and goes; the 童馨档案号 stays. Raises Conflict where somebody changed the child's sheet at the same moment.
    """
    for tie in child.subject.current("care") + child.subject.current("handover"):
        end_tie(work, child, tie.id)
    row = work.session.get(Child, child.id)
    identity = work.keys.open_body("child", row.id, row.id, "identity", row.body, row.body_version)
    given = identity["clinic_no"]
    row.organisation_id, row.body_version = clinic_id, row.body_version + 1
    identity = identity | {"clinic_no": ""}
    row.body = work.keys.seal_body("child", row.id, row.id, "identity", identity, row.body_version)
    seals.reseal(work, row)
    try:
        work.session.flush()
    except StaleDataError as error:
        raise Conflict(
            "同事刚刚改过孩子的基本信息。请刷新页面再试一次。",
            "A colleague has just changed the child's sheet. Reload the page and try again.",
        ) from error
    attended = {tie.organisation_id for kind in ATTENDING for tie in child.subject.current(kind)}
    write_indexes(work, row, identity, {clinic_id, *attended})
    tie_child(work, child.id, kind="care", organisation_id=clinic_id, authority=MOVED)
    note_identity(work, row, "change_clinic")
    audit.changed(work, child.id, "child", child.id)
    return given

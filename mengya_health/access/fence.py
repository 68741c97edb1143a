"""The second fence: on PostgreSQL the database itself shows a child's rows only to those the child is tied to.

The rules and the permission table decide; row-level security stands behind them for the day a query forgets to ask
(security design §9.7). It asks less than they do: any tie counts, seal and dates are left to the first fence.
"""

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from mengya_health.access.actor import Actor

_PUT_UP = text(
    "SELECT set_config('app.scope', :scope, true), set_config('app.user_id', :user_id, true), "
    "set_config('app.org_id', :org_id, true), set_config('app.group_id', :group_id, true)"
)
_EVERYTHING = {"scope": "all", "user_id": "", "org_id": "", "group_id": ""}


def put_up(session: Session, actor: Actor) -> None:
    """Show this session the rows of children tied to the actor, to a class of theirs, or to a place they are all of."""
    whole_places = {place.organisation_id for place in actor.places if place.organisation_id and not place.group_id}
    whole_places |= actor.receiving_ids
    ties = {
        "scope": "",
        "user_id": str(actor.user_id),
        "org_id": ",".join(map(str, whole_places)),
        "group_id": ",".join(map(str, actor.group_ids)),
    }
    _remember(session, ties)


def lift(session: Session) -> None:
    """Show this session every row: for work that belongs to nobody, and where a sealed invitation lets somebody in."""
    _remember(session, _EVERYTHING)


def _remember(session: Session, settings: dict[str, str]) -> None:
    session.info["fence"] = settings
    if session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        session.execute(_PUT_UP, settings)


@event.listens_for(Session, "after_begin")
def _put_up_again(session: Session, _transaction, connection) -> None:
    # What is set lasts for one transaction; a pooled connection must not carry it to somebody else.
    settings = session.info.get("fence")
    if settings and connection.dialect.name == "postgresql":
        connection.execute(_PUT_UP, settings)


# --- what the migration stores --------------------------------------------------------------------------------------

# Runs with its owner's rights, so that looking at the ties is not fenced itself. A child that nobody is tied to is one
# just being registered; the deployment's own history, too, is nobody's.
FUNCTION = """CREATE FUNCTION app_reaches(child uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT coalesce(current_setting('app.scope', true), '') = 'all'
    OR EXISTS (
        SELECT 1 FROM relationship AS tie WHERE tie.child_id = child AND (
            tie.user_id::text = current_setting('app.user_id', true)
            OR tie.organisation_id::text = ANY (string_to_array(current_setting('app.org_id', true), ','))
            OR tie.group_id::text = ANY (string_to_array(current_setting('app.group_id', true), ','))
        )
    )
    OR NOT EXISTS (SELECT 1 FROM relationship AS tie WHERE tie.child_id = child)
$$"""


def fence_around(table: str, child: str = "child_id") -> tuple[str, ...]:
    """Return the statements that fence a table by the column that names the child."""
    return (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'CREATE POLICY fence ON "{table}" USING (app_reaches({child}))',
    )

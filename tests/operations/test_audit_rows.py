"""What a page noted of its reading is stored before it is shown: in one statement, all of it or nothing is shown."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import SQLAlchemyError

from mengya_health import audit
from mengya_health.audit import AuditEvent
from mengya_health.db import new_id


@pytest.mark.parametrize("number", [1, 3, audit.MOST_AT_ONCE, audit.MOST_AT_ONCE + 1])
def test_a_reading_of_many_children_is_stored_with_every_column(work_as, district, number):
    children, record = [new_id() for _ in range(number)], new_id()
    with work_as(district.doctor, writing=False) as work:
        audit.read(work, children[:-1], "task")
        audit.read(work, children[-1], "entry", record_id=record, purpose="care")
        noted = list(work.audit_rows)
    with work_as(None, writing=False) as reading:
        table = AuditEvent.__table__
        of_page = select(table).where(table.c.request_id == work.request_id).order_by(table.c.id)
        stored = [row._asdict() for row in reading.session.execute(of_page)]
    assert stored == [row | {"leaf_index": None} for row in sorted(noted, key=lambda row: row["id"])]
    assert len(stored) == number


def test_where_it_cannot_be_stored_the_reading_fails_and_leaves_nothing(installation, work_as, district):
    def refuse(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO audit_event"):
            raise RuntimeError("no room")

    event.listen(installation.engine, "before_cursor_execute", refuse)
    with pytest.raises((SQLAlchemyError, RuntimeError)), work_as(district.doctor, writing=False) as work:
        audit.read(work, [new_id(), new_id()], "task")
    event.remove(installation.engine, "before_cursor_execute", refuse)
    with work_as(None, writing=False) as reading:
        found = select(AuditEvent.id).where(AuditEvent.request_id == work.request_id)
        assert reading.session.scalars(found).all() == []

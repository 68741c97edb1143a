"""The second fence, on PostgreSQL: what the program's own role sees although a query forgot to ask (S-48)."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import ProgrammingError

from mengya_health import db
from mengya_health.access import fence
from mengya_health.operations.upgrading import metadata
from mengya_health.people.models import Child, Relationship
from mengya_health.record.models import Revision
from tests.factories import a_child, a_guardian

# Who finds a number or redeems a code has no tie yet; officers, who read the audit and approve, have none at all. The
# history holds ids and commitments.
NOT_FENCED = {
    "account_token", "approval", "audit_event", "break_glass", "child_index", "erasure", "history_event",
    "history_head", "invitation", "report_reading",
}  # fmt: skip


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def child(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district)


@pytest.fixture
def session_of(installation):
    """A session of the program's role with the fence of an actor; None: one that nobody put up."""

    @contextmanager
    def opened(actor):
        with db.open_session(installation.engine, writing=False) as session:
            if actor:
                fence.put_up(session, actor)
            yield session

    return opened


def test_every_table_of_a_child_is_fenced(installation):
    fenced = "SELECT relname FROM pg_class WHERE relrowsecurity"
    with installation.engine.connect() as connection:
        found = set(connection.scalars(text(fenced)))
    of_a_child = {table.name for table in metadata().sorted_tables if "child_id" in table.c} | {"child"}
    assert found == of_a_child - NOT_FENCED


def test_without_a_fence_put_up_no_child_is_seen(session_of, child):
    with session_of(None) as session:
        assert session.scalars(select(Child.id)).all() == []
        assert session.scalars(select(Relationship.id)).all() == []


def test_only_who_is_tied_to_the_child_sees_its_rows(session_of, child, district, installation):
    mother = a_guardian(installation, district, child)
    for actor in (district.doctor, district.second_doctor, district.teacher, mother):
        with session_of(actor) as session:
            assert session.scalars(select(Child.id)).all() == [child.id], actor.role
    for actor in (district.other_doctor, district.other_teacher, replace(mother, user_id=db.new_id())):
        with session_of(actor) as session:
            assert session.scalars(select(Child.id)).all() == [], actor.role
            assert session.scalars(select(Relationship.id)).all() == [], actor.role


def test_another_clinics_row_is_neither_changed_nor_added_to(session_of, child, district):
    with session_of(district.other_doctor) as session:
        changed = session.execute(text("UPDATE child SET status = 'x'"))
        assert changed.rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.execute(
                text(
                    "INSERT INTO relationship (id, child_id, kind, authority, from_on, seal, row_version) "
                    "VALUES (gen_random_uuid(), :child, 'care', '', current_date, '', 1)"
                ),
                {"child": child.id},
            )


def test_the_fence_ends_with_its_transaction_and_is_put_up_again(session_of, child, district, installation):
    with session_of(district.doctor) as session:
        assert session.scalars(select(Child.id)).all() == [child.id]
        session.rollback()
        assert session.scalars(select(Child.id)).all() == [child.id]
    with installation.engine.connect() as connection:  # the pooled connection that the session gave back
        assert connection.scalars(select(Child.id)).all() == []


def test_the_programs_role_cannot_take_the_fence_down_or_rewrite_history(installation):
    for statement in (
        'ALTER TABLE "child" DISABLE ROW LEVEL SECURITY',
        "DROP POLICY fence ON revision",
        "DROP TRIGGER history_event_no_delete ON history_event",
        "DELETE FROM history_event",
        "UPDATE history_event SET rec_ver = 9",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET role = 'x'",
    ):
        with installation.engine.connect() as connection, pytest.raises(ProgrammingError):
            connection.execute(text(statement))


def test_the_programs_role_owns_no_table(installation):
    assert inspect(installation.engine).get_table_names()
    with installation.engine.connect() as connection:
        owned = connection.scalars(text("SELECT tablename FROM pg_tables WHERE tableowner = current_user"))
        assert owned.all() == []
        assert connection.scalars(select(Revision.entry_id)).all() == []

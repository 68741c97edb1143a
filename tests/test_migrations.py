"""From an empty database to the newest migration: the same tables as the models, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from mengya_health.errors import StartRefused
from mengya_health.operations import upgrading


def test_newest_migration_equals_the_models(installation):
    with installation.engine.connect() as connection:
        # The job queue makes its own tables on PostgreSQL.
        ours = {"compare_type": True, "include_name": lambda name, kind, _parents: not (name or "").startswith("huey")}
        context = MigrationContext.configure(connection, opts=ours)
        differences = compare_metadata(context, upgrading.metadata())
    assert differences == []


def test_upgrading_again_changes_nothing(owner):
    before = inspect(owner).get_table_names()
    upgrading.upgrade(owner)
    assert inspect(owner).get_table_names() == before
    current, newest = upgrading.current_and_newest(owner)
    assert current == newest


def test_a_database_at_another_version_does_not_start(owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StartRefused, match="mengya upgrade"):
        upgrading.require_newest(owner)


@pytest.mark.parametrize("statement", ["DELETE FROM history_event", "UPDATE history_event SET rec_ver = rec_ver + 1"])
def test_history_takes_no_change(owner, work_as, district, statement):
    from tests.factories import a_child

    with work_as(district.doctor) as work:
        a_child(work, district)
    with pytest.raises(DatabaseError, match="append-only"), owner.begin() as connection:
        connection.execute(text(statement))

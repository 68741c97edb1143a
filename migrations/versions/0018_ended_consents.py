"""A kind of task by a name that fits its column on PostgreSQL, and the index that finds what was done today."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE task SET kind = 'consent_ended' WHERE kind = 'consent_withdrawn'")
    op.create_index("ix_task_done", "task", ["organisation_id", "done_on"])

"""Messages that leave the system, and when somebody last looked at their inbox."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("error_code", sa.String(length=20), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_message_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "user_id", "kind", "subject_id", "told_on", name=op.f("uq_message_user_id_kind_subject_id_told_on")
        ),
    )
    op.create_index("ix_message_status", "message", ["status", "next_at"])
    op.add_column("user", sa.Column("inbox_seen_at", UtcTime(), nullable=True))

"""Files beside entries and papers."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("author_id", Id(), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("commit", sa.LargeBinary(length=32), nullable=False),
        sa.Column("start", sa.LargeBinary(length=84), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("retention_class", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_attachment_child_id_child")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("child_id", "id", name=op.f("uq_attachment_child_id_id")),
    )
    op.create_index("ix_attachment_author", "attachment", ["author_id", "recorded_at"])
    op.create_index("ix_attachment_subject", "attachment", ["child_id", "subject_id"])
    op.create_table(
        "attachment_segment",
        sa.Column("attachment_id", Id(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_segment_attachment_id_attachment")
        ),
        sa.PrimaryKeyConstraint("attachment_id", "index", name=op.f("pk_attachment_segment")),
    )
    op.create_index("ix_attachment_segment_child", "attachment_segment", ["child_id"])

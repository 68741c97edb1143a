"""Drafts: what was typed into a form and not saved yet."""

import sqlalchemy as sa
from alembic import op

from mengya_health.access.fence import fence_around
from mengya_health.db import Id, UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_draft_child_id_child")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_draft_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("child_id", "id", name=op.f("uq_draft_child_id_id")),
    )
    op.create_index("ix_draft_user", "draft", ["user_id"])
    op.create_index("ix_draft_saved", "draft", ["saved_at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in fence_around("draft"):
            op.execute(statement)

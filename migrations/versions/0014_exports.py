"""The export ledger: figures asked for, approved and taken."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", Id(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("asked_by", Id(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("approval_id", Id(), nullable=False),
        sa.Column("approved_by", Id(), nullable=True),
        sa.Column("approved_at", UtcTime(), nullable=True),
        sa.Column("taken_at", UtcTime(), nullable=True),
        sa.Column("file_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("figures", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index("ix_export_taken", "export", ["taken_at"])

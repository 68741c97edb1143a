"""What families want deleted, and which keys were destroyed for it."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# A class of workflows/retention.yaml for every table that holds part of a record and had none yet.
RETENTION = (
    ("case", "health"),
    ("task", "health"),
    ("referral", "health"),
    ("handout", "health"),
    ("signature", "health"),
    ("consent", "consent"),
)


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", Id(length=16), nullable=False),
        sa.Column("child_id", Id(length=16), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("legal_basis", sa.String(length=20), nullable=False),
        sa.Column("endings", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("asked_by", Id(length=16), nullable=False),
        sa.Column("asked_at", UtcTime(timezone=True), nullable=False),
        sa.Column("proposed_by", Id(length=16), nullable=True),
        sa.Column("approval_id", Id(length=16), nullable=True),
        sa.Column("approved_by", Id(length=16), nullable=True),
        sa.Column("done_at", UtcTime(timezone=True), nullable=True),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_erasure_child_id_child")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_child", "erasure", ["child_id"])
    op.create_index("ix_erasure_status", "erasure", ["status"])
    for table, kept_as in RETENTION:
        op.add_column(table, sa.Column("retention_class", sa.String(length=20), nullable=False, server_default=kept_as))
    op.create_table(
        "erased_key",
        sa.Column("key_id", Id(length=16), nullable=False),
        sa.Column("erased_at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_erased_key")),
    )

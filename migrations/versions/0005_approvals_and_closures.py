"""What takes two people, and what a guardian has closed for whom."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", Id(), nullable=False),
        sa.Column("what", sa.String(length=30), nullable=False),
        sa.Column("organisation_id", Id(), nullable=True),
        sa.Column("child_id", Id(), nullable=True),
        sa.Column("subject_id", Id(), nullable=True),
        sa.Column("evidence_id", Id(), nullable=True),
        sa.Column("terms", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asked_by", Id(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("approved_by", Id(), nullable=True),
        sa.Column("approved_at", UtcTime(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_what", "approval", ["what", "status"], unique=False)
    op.create_index("ix_approval_child", "approval", ["child_id"], unique=False)
    op.create_table(
        "section_closure",
        sa.Column("id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("towards", sa.String(length=12), nullable=False),
        sa.Column("receiver_id", Id(), nullable=True),
        sa.Column("closed_by", Id(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_section_closure_dates_in_order")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_section_closure_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section_closure")),
        sa.UniqueConstraint("child_id", "id", name=op.f("uq_section_closure_child_id_id")),
    )
    op.create_index("ix_section_closure_child", "section_closure", ["child_id", "to_on"], unique=False)

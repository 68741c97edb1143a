"""The first tables: wrapping keys and data keys."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrapping_key",
        sa.Column("id", Id(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root_id", Id(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrapping_key")),
        sa.UniqueConstraint("version", name=op.f("uq_wrapping_key_version")),
    )
    op.create_table(
        "dek",
        sa.Column("id", Id(length=16), nullable=False),
        sa.Column("subject_id", Id(length=16), nullable=False),
        sa.Column("key_class", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapping_key_id", Id(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wrapping_key_id"], ["wrapping_key.id"], name=op.f("fk_dek_wrapping_key_id_wrapping_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dek")),
        sa.UniqueConstraint("subject_id", "key_class", "version", name=op.f("uq_dek_subject_id_key_class_version")),
    )
    op.create_index(op.f("ix_dek_wrapping_key_id"), "dek", ["wrapping_key_id"])

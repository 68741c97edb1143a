"""Which suite seals and which hashes; data keys that were destroyed or are only stored any more."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash_suite", sa.Integer(), nullable=False),
        sa.Column("write_suite", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
    )
    op.create_table(
        "ended_key",
        sa.Column("id", Id(length=16), nullable=False),
        sa.Column("subject_id", Id(length=16), nullable=False),
        sa.Column("key_class", sa.String(length=12), nullable=False),
        sa.Column("ended_at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_key")),
    )
    op.create_index(op.f("ix_ended_key_subject_id"), "ended_key", ["subject_id"])
    op.add_column("dek", sa.Column("suite", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("dek", sa.Column("sealed_until", sa.Date(), nullable=True))
    _read_suites_from_the_envelopes()
    with op.batch_alter_table("dek") as batch:
        batch.alter_column("suite", server_default=None)


def _read_suites_from_the_envelopes() -> None:
    """Until now one suite did everything, and every wrapped key names it in its fourth byte."""
    connection = op.get_bind()
    dek = sa.table("dek", sa.column("suite", sa.Integer), sa.column("wrapped", sa.LargeBinary))
    wrapping = sa.table("wrapping_key", sa.column("version", sa.Integer), sa.column("wrapped", sa.LargeBinary))
    is_gm = sa.func.substr(dek.c.wrapped, 4, 1) == b"\x11"
    connection.execute(dek.update().where(is_gm).values(suite=0x11))
    first = connection.execute(sa.select(wrapping.c.wrapped).order_by(wrapping.c.version).limit(1)).scalar()
    if first is not None:
        profile = sa.table("profile", sa.column("id"), sa.column("hash_suite"), sa.column("write_suite"))
        connection.execute(profile.insert().values(id=1, hash_suite=first[3], write_suite=first[3]))

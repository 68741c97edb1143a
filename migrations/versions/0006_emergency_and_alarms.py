"""Emergency access, alarms and decoys; the audit names the emergency under which something was read."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("break_glass_id", Id(), nullable=True))
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False)
    op.create_index("ix_audit_event_user", "audit_event", ["user_id", "at"], unique=False)
    op.create_table(
        "alarm",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", Id(), nullable=True),
        sa.Column("request_id", Id(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("seen_by", Id(), nullable=True),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_alarm_kind_subject")),
    )
    op.create_index("ix_alarm_open", "alarm", ["seen_at", "at"], unique=False)
    op.create_table(
        "break_glass",
        sa.Column("id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("organisation_id", Id(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("held_until", UtcTime(), nullable=True),
        sa.Column("reviewed_by", Id(), nullable=True),
        sa.Column("reviewed_at", UtcTime(), nullable=True),
        sa.Column("finding", sa.String(length=12), nullable=False),
        sa.Column("review", sa.LargeBinary(), nullable=True),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_break_glass_child_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_break_glass_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
        sa.UniqueConstraint("child_id", "id", name=op.f("uq_break_glass_child_id_id")),
    )
    op.create_index("ix_break_glass_child", "break_glass", ["child_id", "opened_at"], unique=False)
    op.create_index(op.f("ix_break_glass_user_id"), "break_glass", ["user_id"], unique=False)
    op.create_table(
        "decoy",
        sa.Column("id", Id(), nullable=False),
        sa.Column("organisation_id", Id(), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decoy")),
        sa.UniqueConstraint("tag", name=op.f("uq_decoy_tag")),
    )
    op.create_index(op.f("ix_decoy_organisation_id"), "decoy", ["organisation_id"], unique=False)

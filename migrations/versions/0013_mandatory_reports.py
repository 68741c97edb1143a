"""Mandatory reports, what is added to them, and who wrote and read them: a record apart."""

import sqlalchemy as sa
from alembic import op

from mengya_health.access.fence import fence_around
from mengya_health.db import Id, UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mandatory_report",
        sa.Column("id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("author_id", Id(), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", Id(), nullable=True),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("commit", sa.LargeBinary(length=32), nullable=False),
        sa.Column("retention_class", sa.String(length=20), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_mandatory_report_child_id_child")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandatory_report")),
        sa.UniqueConstraint("child_id", "id", name=op.f("uq_mandatory_report_child_id_id")),
    )
    op.create_index("ix_mandatory_report_place", "mandatory_report", ["organisation_id", "recorded_at"])
    op.create_index("ix_mandatory_report_author", "mandatory_report", ["author_id", "recorded_at"])
    op.create_table(
        "report_note",
        sa.Column("id", Id(), nullable=False),
        sa.Column("report_id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("author_id", Id(), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("commit", sa.LargeBinary(length=32), nullable=False),
        sa.Column("retention_class", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["mandatory_report.id"], name=op.f("fk_report_note_report_id_mandatory_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_note")),
        sa.UniqueConstraint("child_id", "id", name=op.f("uq_report_note_child_id_id")),
    )
    op.create_index("ix_report_note_report", "report_note", ["report_id"])
    op.create_table(
        "report_reading",
        sa.Column("id", Id(), nullable=False),
        sa.Column("request_id", Id(), nullable=False),
        sa.Column("report_id", Id(), nullable=True),
        sa.Column("child_id", Id(), nullable=True),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("session_id", Id(), nullable=True),
        sa.Column("action", sa.String(length=6), nullable=False),
        sa.Column("source", sa.String(length=45), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_reading")),
    )
    op.create_index("ix_report_reading_report", "report_reading", ["report_id", "at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("mandatory_report", "report_note"):
            for statement in fence_around(table):
                op.execute(statement)

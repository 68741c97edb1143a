"""Signatures on paper with two witnesses, notes of disagreement, and which signing agreement was accepted."""

import sqlalchemy as sa
from alembic import op

from mengya_health.db import Id, UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Whoever has a signing PIN accepted the one agreement there was."""
    op.add_column("user", sa.Column("agreement_version", sa.String(20), nullable=False, server_default=""))
    accepted = "UPDATE \"user\" SET agreement_version = '2026.11-1' WHERE agreement_accepted_at IS NOT NULL"
    op.execute(accepted)
    with op.batch_alter_table("signature") as signature:
        signature.alter_column("signer_id", existing_type=Id(), nullable=True)
    op.create_table(
        "paper_signature",
        sa.Column("signature_id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("scan_id", Id(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("organisation_id", Id(), nullable=False),
        sa.Column("witness_id", Id(), nullable=False),
        sa.Column("second_witness_id", Id(), nullable=True),
        sa.Column("second_signature", sa.LargeBinary(), nullable=True),
        sa.Column("second_public_key", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("signature_id", name=op.f("pk_paper_signature")),
        sa.ForeignKeyConstraint(["signature_id"], ["signature.id"], name=op.f("fk_paper_signature_signature_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_paper_signature_child_id")),
        sa.CheckConstraint(
            "second_witness_id IS NULL OR second_witness_id <> witness_id",
            name=op.f("ck_paper_signature_two_people"),
        ),
        sa.CheckConstraint(
            "(second_witness_id IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_paper_signature_whole_confirmation")
        ),
    )
    op.create_index(op.f("ix_paper_signature_child_id"), "paper_signature", ["child_id"])
    op.create_table(
        "dispute",
        sa.Column("note_id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("about_id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answer_id", Id(), nullable=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_dispute")),
        sa.ForeignKeyConstraint(["note_id"], ["entry.id"], name=op.f("fk_dispute_note_id")),
        sa.ForeignKeyConstraint(["about_id"], ["entry.id"], name=op.f("fk_dispute_about_id")),
        sa.ForeignKeyConstraint(["answer_id"], ["entry.id"], name=op.f("fk_dispute_answer_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_dispute_child_id")),
        sa.UniqueConstraint("child_id", "note_id", name=op.f("uq_dispute_child_id_note_id")),
    )
    op.create_index("ix_dispute_about", "dispute", ["about_id", "status"])

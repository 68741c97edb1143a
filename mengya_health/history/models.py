"""The chain of events of each child, and its head."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime


class HistoryEvent(Base):
    """One thing that happened to a record. Written once; `leaf_index` is filled by the checkpointer, once."""

    __tablename__ = "history_event"
    __table_args__ = (
        PrimaryKeyConstraint("child_id", "child_seq"),
        Index("ix_history_event_rec", "child_id", "rec", "child_seq"),
    )

    child_id: Mapped[UUID] = mapped_column(Id)  # the deployment where no child is meant
    child_seq: Mapped[int]
    event: Mapped[bytes] = mapped_column(LargeBinary)  # TXJSON; the next three repeat it, so that a query can join
    rec: Mapped[UUID] = mapped_column(Id)
    rec_ver: Mapped[int]
    commit: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    prev: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    leaf_index: Mapped[int | None] = mapped_column(BigInteger, unique=True)


class HistoryHead(Base):
    """Where a child's chain ends now. The only row an append locks; sealed, so that a cut-off tail shows."""

    __tablename__ = "history_head"

    child_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    child_seq: Mapped[int] = mapped_column()
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))

    __mapper_args__ = {"version_id_col": child_seq, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (self.child_id, self.hash, self.at, self.child_seq)


class AuditLeaf(Base):
    """The one leaf that stands in the tree for the audit rows of a checkpoint."""

    __tablename__ = "audit_leaf"

    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rows: Mapped[int]  # how many audit rows it covers
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class TreeNode(Base):
    """The hash of a complete subtree, at every eighth level: so that no proof reads more than a few hundred leaves."""

    __tablename__ = "tree_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Checkpoint(Base):
    """The whole history at one moment, signed. The columns repeat what the note says, so that a query can compare."""

    __tablename__ = "checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # leaves in the tree
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    note: Mapped[bytes] = mapped_column(LargeBinary)  # the text with its signature, as it leaves the machine
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the note; the next one repeats it


# Guards against accidents and against the application's own role; detection does not rely on them.
_WRITTEN_ONCE = 'child_id, child_seq, event, rec, rec_ver, "commit", prev, hash'

GUARDS = {
    "sqlite": (
        f"""CREATE TRIGGER history_event_no_update BEFORE UPDATE OF {_WRITTEN_ONCE} ON history_event
        BEGIN SELECT RAISE(ABORT, 'history is append-only'); END""",
        """CREATE TRIGGER history_event_leaf_once BEFORE UPDATE OF leaf_index ON history_event
        WHEN OLD.leaf_index IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'history is append-only'); END""",
        """CREATE TRIGGER history_event_no_delete BEFORE DELETE ON history_event
        BEGIN SELECT RAISE(ABORT, 'history is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$""",
        f"""CREATE TRIGGER history_event_no_update BEFORE UPDATE OF {_WRITTEN_ONCE} ON history_event
        FOR EACH ROW EXECUTE FUNCTION history_is_append_only()""",
        """CREATE TRIGGER history_event_leaf_once BEFORE UPDATE OF leaf_index ON history_event
        FOR EACH ROW WHEN (OLD.leaf_index IS NOT NULL) EXECUTE FUNCTION history_is_append_only()""",
        """CREATE TRIGGER history_event_no_delete BEFORE DELETE ON history_event
        FOR EACH ROW EXECUTE FUNCTION history_is_append_only()""",
        """CREATE TRIGGER history_event_no_truncate BEFORE TRUNCATE ON history_event
        FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()""",
    ),
}


def _written_once(table: str) -> dict[str, tuple[str, ...]]:
    refused = ("UPDATE", "DELETE")
    return {
        "sqlite": tuple(
            f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"""
            for verb in refused
        ),
        "postgresql": tuple(
            f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        FOR EACH {"STATEMENT" if verb == "TRUNCATE" else "ROW"} EXECUTE FUNCTION history_is_append_only()"""
            for verb in (*refused, "TRUNCATE")
        ),
    }


# Of the tables a checkpoint is made of; they came later than the chain, so their guards do, too.
CHECKPOINT_GUARDS = {
    dialect: tuple(
        guard for table in ("checkpoint", "audit_leaf", "tree_node") for guard in _written_once(table)[dialect]
    )
    for dialect in ("sqlite", "postgresql")
}

"""Every column that holds envelopes, and where each envelope says it lives: what a change of keys goes through."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, func, select, update
from sqlalchemy.orm import Session

from mengya_health.crypto.envelope import Place
from mengya_health.operations.upgrading import metadata

_KEY_ID_AT, _SUITE_AT = 5, 4  # of an envelope's bytes, counted from one as SQL does


@dataclass(frozen=True)
class SealedColumn:
    """One column of envelopes: how its `Place` is made of the columns of its row."""

    table_name: str
    column_name: str = "body"
    row_id: str = "id"
    subject_id: str = "child_id"
    version: str | None = None
    # The history repeats a hash of these envelopes, so a new one is a new event. (A revision's is of its content.)
    rec_type: str | None = None
    starts_a_file: bool = False  # the rest of the envelope lies in segments

    @property
    def table(self) -> Table:
        return metadata().tables[self.table_name]

    @property
    def envelope(self) -> Column:
        return self.table.c[self.column_name]

    @property
    def key_id(self) -> ColumnElement:
        """The 16 bytes that name the key."""
        return func.substr(self.envelope, _KEY_ID_AT, 16)

    @property
    def suite(self) -> ColumnElement:
        """The byte that names the suite."""
        return func.substr(self.envelope, _SUITE_AT, 1)

    def rows_of(self, session: Session, subject_id: UUID) -> Iterator[tuple[dict, Place, bytes]]:
        """Return a subject's rows that hold an envelope: primary key, place, envelope."""
        table = self.table
        chosen = select(table).where(table.c[self.subject_id] == subject_id, self.envelope.is_not(None))
        for row in session.execute(chosen).mappings().all():
            version = row[self.version] if self.version else 1
            place = Place(self.table_name, self.column_name, row[self.row_id], subject_id, version)
            yield {column.name: row[column.name] for column in table.primary_key}, place, row[self.column_name]

    def replace(self, session: Session, key: dict, old: bytes, new: bytes) -> bool:
        """Put a new envelope in place of an old one; return False where somebody was faster."""
        of_row = [self.table.c[name] == value for name, value in key.items()]
        done = session.execute(update(self.table).where(*of_row, self.envelope == old).values({self.column_name: new}))
        return done.rowcount == 1


SEALED = (
    SealedColumn("child", subject_id="id", version="body_version", rec_type="child"),
    SealedColumn("user", subject_id="id"),
    SealedColumn("user", "signing_private", subject_id="id"),
    SealedColumn("revision", row_id="entry_id", version="version"),
    SealedColumn("case"),
    SealedColumn("case_step", rec_type="case_step"),
    SealedColumn("task"),
    SealedColumn("referral", "not_done_reason"),
    SealedColumn("handout", "pdf"),
    SealedColumn("passkey", subject_id="user_id"),
    SealedColumn("totp", "secret", row_id="user_id", subject_id="user_id"),
    SealedColumn("totp", "next_secret", row_id="user_id", subject_id="user_id"),
    SealedColumn("break_glass", "reason"),
    SealedColumn("break_glass", "review"),
    SealedColumn("paper_signature", row_id="signature_id"),
    SealedColumn("attachment"),
    SealedColumn("attachment", "start", starts_a_file=True),
    SealedColumn("draft"),
    SealedColumn("mandatory_report"),
    SealedColumn("report_note"),
    SealedColumn("export", subject_id="asked_by"),
)

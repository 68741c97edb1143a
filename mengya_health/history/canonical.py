"""The bytes and hashes of a chain of history. TXJSON itself is made in `crypto`, where revisions are sealed with it."""

from datetime import UTC, datetime
from uuid import UUID

from mengya_health.crypto.canonical import txjson
from mengya_health.crypto.sealing import Keys

EVENT_FORMAT = 1


def chain_start(keys: Keys, child_id: UUID) -> bytes:
    """Return h0 of a chain: 32 bytes."""
    return keys.digest(b"txda/chain/1\0" + child_id.bytes)


def event_hash(keys: Keys, previous: bytes, event: bytes) -> bytes:
    """Return the hash that follows `previous` when `event` (TXJSON bytes) is appended."""
    return keys.digest(b"txda/event/1\0" + previous + event)


def event_bytes(
    *,
    actor: UUID,
    at: datetime,
    child_id: UUID,
    child_seq: int,
    rec: UUID,
    rec_type: str,
    rec_ver: int,
    op: str,
    commit: bytes | None,
) -> bytes:
    """Return one event as TXJSON: ids, times and commitments, never what was written."""
    return txjson(
        {
            "v": EVENT_FORMAT,
            "actor": str(actor),
            "at": time_text(at),
            "child": str(child_id),
            "child_seq": child_seq,
            "rec": str(rec),
            "rec_type": rec_type,
            "rec_ver": rec_ver,
            "op": op,
            "commit": commit.hex() if commit is not None else None,
        }
    )


def time_text(at: datetime) -> str:
    """Return a time as the history writes it: UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_the_millisecond(at: datetime) -> datetime:
    """Return a time without what the history does not write of it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def tells(event: bytes, rec_ver: int, commit: bytes) -> bool:
    """Return whether an event is about this version and this content.

    A value has one spelling in TXJSON, so the bytes need not be parsed; a salted commitment belongs to one record only.
    """
    return f'"commit":"{commit.hex()}"'.encode() in event and f'"rec_ver":{rec_ver},'.encode() in event

"""At the start: are the keys of what is stored here, and is erased what was erased?

A backup of the data from before an erasure holds its traces again; one of the keystore holds its key. Neither may
start until the ledger was carried out on it (`mengya keys replay`). A keystore older than its data lacks keys: those
are named, and nothing starts, for a lost key must not pass for an erased one.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Engine, select

from mengya_health import db
from mengya_health.access import fence
from mengya_health.config import Settings
from mengya_health.crypto.erasure_ledger import ErasureLedger
from mengya_health.crypto.keystore import Keystore
from mengya_health.errors import StartRefused
from mengya_health.operations.sealed_columns import SEALED
from mengya_health.people.erasure_models import ErasedKey, Erasure

NEWEST = 500  # rows of each table looked at when starting; the keys an older keystore lacks are those of the newest
_SHOWN = 10


def require_keys_and_erasures(settings: Settings, engine: Engine, keystore: Keystore) -> None:
    """Raise StartRefused where an erasure is not carried out on these databases, or keys of the data are missing."""
    ledger = ErasureLedger(settings.ledger_file).entries()
    waiting = not_carried_out(engine, keystore, ledger)
    if waiting:
        raise StartRefused(
            f"有 {len(waiting)} 把已销毁的密钥在这份数据里还没有销毁（像是恢复了旧备份）。"
            "请先运行 mengya keys replay，再启动。",
            f"{len(waiting)} erased key(s) are not erased here: an older backup was restored, it seems. "
            "Run mengya keys replay, then start.",
        )
    missing = missing_keys(engine, keystore, ledger, newest=NEWEST)
    if missing:
        named = "、".join(str(key_id) for key_id in missing[:_SHOWN])
        raise StartRefused(
            f"密钥库缺 {len(missing)} 把密钥，也没有销毁登记，密钥库像是比数据旧：{named}。请恢复更新的密钥库备份。",
            f"The keystore lacks {len(missing)} key(s) that no ledger names; it seems older than the data. "
            "Restore a newer keystore.",
        )


def not_carried_out(engine: Engine, keystore: Keystore, ledger: Iterable[UUID]) -> list[UUID]:
    """Return the keys of the ledger that are here again, or whose traces are; not those an erasure is at just now."""
    named = list(ledger)
    if not named:
        return []
    owners = keystore.owners_of(named)
    with db.open_session(engine, writing=False) as session:
        fence.lift(session)
        done = set(session.scalars(select(ErasedKey.key_id)))
        under_way = set(session.scalars(select(Erasure.child_id).where(Erasure.status == "approved")))
    back = {key_id for key_id, owner in owners.items() if owner.is_there}
    return [
        key_id
        for key_id in named
        if (key_id in back or key_id not in done) and not (key_id in owners and owners[key_id].subject_id in under_way)
    ]


def missing_keys(
    engine: Engine, keystore: Keystore, ledger: Iterable[UUID], *, newest: int | None = None
) -> list[UUID]:
    """Return the keys that envelopes name and neither keystore nor ledger knows, oldest first.

    `newest` limits how many rows of each table are looked at, the newest first; None looks at all.
    """
    used: set[UUID] = set()
    with db.open_session(engine, writing=False) as session:
        fence.lift(session)
        for column in SEALED:
            rows = select(column.key_id.label("key_id")).where(column.envelope.is_not(None))
            rows = rows.order_by(column.table.c[column.row_id].desc()).limit(newest)
            found = select(rows.subquery().c.key_id).distinct()
            used |= {UUID(bytes=bytes(key_id)) for key_id in session.scalars(found) if len(key_id) == 16}
    unknown = used - set(ledger)
    return sorted(unknown - keystore.owners_of(unknown).keys())

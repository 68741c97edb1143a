"""Rotate the root key and the wrapping key, wrap what they wrap again, and destroy an old version that wraps nothing.

Everything is small transactions that compare before they set, so a run broken off anywhere is simply run again, and
both versions open until the old one is destroyed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Table, delete, func, inspect, select, update

from mengya_health.crypto.canonical import read_txjson
from mengya_health.crypto.data_keys import dek_place
from mengya_health.crypto.envelope import unwrap_key, wrap_key
from mengya_health.crypto.keystore import add_wrapping_key, wrapping_place
from mengya_health.crypto.models import Dek, WrappingKey
from mengya_health.db import Base, made_at
from mengya_health.errors import Invalid, NotNow
from mengya_health.history import chain
from mengya_health.history.models import HistoryEvent, HistoryHead
from mengya_health.operations.installation import Installation, begin_work

BATCH = 200
# A form is known again for three days, and what was hashed under the key before codes had a lasting one, for seven.
KEPT_BEFORE_DESTROYED = timedelta(days=8)
Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class KeyVersion:
    """One version of a root key or a wrapping key: what it is, since when, and what hangs on it."""

    kind: str  # root wrapping
    version: int
    id: UUID
    made_at: datetime
    wraps: int  # keys wrapped under it
    seals: int  # rows of the data sealed with it; of wrapping keys only


def rotate_root(installation: Installation) -> UUID:
    """Make a new root key and return its id. What the old one wraps stays under it until `rewrap`."""
    return installation.keystore.provider.rotate()


def rotate_wrapping(installation: Installation) -> UUID:
    """Make a new wrapping key and return its id; new data keys go under it at once."""
    with installation.keystore.changing() as connection:
        newest = connection.scalar(select(func.max(WrappingKey.version)))
        made = add_wrapping_key(connection, installation.keystore.provider, newest + 1)
    installation.keystore.refresh()
    return made


def rewrap(installation: Installation, progress: Progress = None) -> int:
    """Put everything under the newest root key and the newest wrapping key; return how much was not there yet."""
    installation.keystore.refresh()
    done = _rewrap_wrapping_keys(installation)
    done += _rewrap_data_keys(installation, progress)
    return done + _seal_rows_again(installation)


def versions(installation: Installation) -> list[KeyVersion]:
    """Return every version of root and wrapping key, oldest first, with what hangs on each."""
    with installation.keystore.reading() as connection:
        under_root = dict(connection.execute(_count_by(WrappingKey.root_id)).all())
        under_wrapping = dict(connection.execute(_count_by(Dek.wrapping_key_id)).all())
        wrapping = connection.execute(select(WrappingKey.id, WrappingKey.version).order_by(WrappingKey.version)).all()
    seals = _seals_by_version(installation, [id for id, _version in wrapping])
    roots = [
        KeyVersion("root", number, id, made_at(id), under_root.get(id, 0), 0)
        for number, id in enumerate(installation.keystore.provider.list_kids(), 1)
    ]
    return roots + [
        KeyVersion("wrapping", version, id, made_at(id), under_wrapping.get(id, 0), seals[id])
        for id, version in wrapping
    ]


def destroy(installation: Installation, kid: UUID, *, now: datetime) -> KeyVersion:
    """Destroy an old version for good. Raises Invalid for one that is not there, NotNow while anything hangs on it."""
    known = {each.id: each for each in versions(installation)}
    if kid not in known:
        raise Invalid("没有这个密钥版本，请看 mengya keys status。", "No such key version; see mengya keys status.")
    old = known[kid]
    if old.wraps or old.seals:
        raise NotNow(
            f"还有 {old.wraps} 把密钥、{old.seals} 行封签用着它。请先运行 mengya keys rewrap。",
            f"{old.wraps} key(s) and {old.seals} sealed row(s) still hang on it. Run mengya keys rewrap first.",
        )
    _require_replaced(old, list(known.values()), now)
    if old.kind == "root":
        installation.keystore.provider.destroy(kid)
    else:
        with installation.keystore.changing() as connection:
            # The foreign key of a data key refuses this should one have come under it since it was counted.
            connection.execute(delete(WrappingKey).where(WrappingKey.id == kid))
        installation.keystore.refresh()
    return old


def _require_replaced(old: KeyVersion, known: list[KeyVersion], now: datetime) -> None:
    newer = [each for each in known if each.kind == old.kind and each.made_at > old.made_at]
    if not newer:
        raise NotNow("这是正在用的版本，要先轮换。", "This is the version in use; rotate it first.")
    if old.kind == "wrapping" and now - newer[0].made_at < KEPT_BEFORE_DESTROYED:
        raise NotNow(
            "换下来还不到八天：那时发出的邀请码还能用。请过几天再销毁。",
            "It was replaced less than eight days ago, and invitations of that time may still be redeemed. Wait.",
        )


def _count_by(column):
    return select(column, func.count()).group_by(column)


def _rewrap_wrapping_keys(installation: Installation) -> int:
    provider, suite_id = installation.keystore.provider, installation.keystore.write_suite.id
    current = provider.current_kid()
    with installation.keystore.reading() as connection:
        rows = connection.execute(select(WrappingKey.__table__)).all()
    old = [row for row in rows if row.root_id != current or row.wrapped[3] != suite_id]
    for row in old:
        place = wrapping_place(row.id, row.version)
        wrapped = provider.wrap(current, provider.unwrap(row.id, row.wrapped, place), place)
        with installation.keystore.changing() as connection:
            same = (WrappingKey.id == row.id) & (WrappingKey.wrapped == row.wrapped)
            connection.execute(update(WrappingKey).where(same).values(root_id=current, wrapped=wrapped))
    return len(old)


def _rewrap_data_keys(installation: Installation, progress: Progress) -> int:
    keystore = installation.keystore
    wrapping, suite = keystore.newest_wrapping_key(), keystore.write_suite
    is_old = (Dek.wrapping_key_id != wrapping.id) | (func.substr(Dek.wrapped, 4, 1) != bytes((suite.id,)))
    with keystore.reading() as connection:
        total = connection.scalar(select(func.count()).select_from(Dek).where(is_old))
    done = 0
    while True:
        with keystore.changing() as connection:
            rows = connection.execute(select(Dek.__table__).where(is_old).limit(BATCH)).all()
            for row in rows:
                place = dek_place(row.id, row.subject_id, row.key_class, row.version)
                key = unwrap_key(keystore.wrapping_key(row.wrapping_key_id), place, row.id, row.wrapped)
                same = (Dek.id == row.id) & (Dek.wrapped == row.wrapped)
                new = {"wrapping_key_id": wrapping.id, "wrapped": wrap_key(wrapping, place, key, suite)}
                connection.execute(update(Dek).where(same).values(**new))
        done += len(rows)
        if progress and total:
            progress(min(done, total), total)
        if len(rows) < BATCH:
            return done


def _sealed_models() -> list[type]:
    """Return every table of the data whose rows carry a seal."""
    models = (mapper.class_ for mapper in Base.registry.mappers)
    return sorted((model for model in models if hasattr(model, "authorising")), key=lambda model: model.__tablename__)


def _authorising(row) -> tuple:
    """Return what the seal of a row covers: a head of history counts its events, other rows their versions."""
    return row.authorising() if isinstance(row, HistoryHead) else (*row.authorising(), row.row_version)


def _batches(work, model: type) -> Iterator[list]:
    """Return every row of a table, some at a time, in the order of the primary key."""
    key = inspect(model).primary_key[0]
    last = None
    while True:
        chosen = select(model).order_by(key).limit(BATCH)
        rows = list(work.session.scalars(chosen if last is None else chosen.where(key > last)))
        if not rows:
            return
        last = getattr(rows[-1], key.name)
        yield rows


def _seals_by_version(installation: Installation, wrapping_ids: list[UUID]) -> dict[UUID, int]:
    """Return how many rows are sealed with which wrapping key; reads every row that has a seal."""
    counts = dict.fromkeys(wrapping_ids, 0)
    for model in _sealed_models():
        with begin_work(installation, None, writing=False) as work:
            for rows in _batches(work, model):
                for row in rows:
                    by = work.keys.sealed_by(model.__tablename__, row.seal, *_authorising(row))
                    if by in counts:
                        counts[by] += 1
                work.session.expunge_all()
    return counts


def _seal_rows_again(installation: Installation) -> int:
    """Seal every row whose seal holds with the newest wrapping key; one whose seal is broken stays as it is."""
    newest, changed = installation.keystore.newest_wrapping_key().id, 0
    for model in _sealed_models():
        with begin_work(installation, None, writing=False) as work:
            old = [
                {name: getattr(row, name) for name in (column.name for column in inspect(model).primary_key)}
                for rows in _batches(work, model)
                for row in rows
                if work.keys.sealed_by(model.__tablename__, row.seal, *_authorising(row)) not in (newest, None)
            ]
        for at in range(0, len(old), BATCH):
            with begin_work(installation, None) as work:
                changed += sum(_seal_row_again(work, model, key) for key in old[at : at + BATCH])
    return changed


def _seal_row_again(work, model: type, key: dict) -> bool:
    row = work.session.get(model, tuple(key.values()))
    if row is None or not work.keys.row_seal_holds(model.__tablename__, row.seal, *_authorising(row)):
        return False
    old, new = row.seal, work.keys.seal_row(model.__tablename__, *_authorising(row))
    work.session.expunge(row)  # its version stays: the seal is another, what it grants is not
    table: Table = model.__table__
    same = [table.c[name] == value for name, value in key.items()]
    done = work.session.execute(update(table).where(*same, table.c.seal == old).values(seal=new)).rowcount == 1
    if done and "child_id" in table.c and not isinstance(row, HistoryHead):
        _trace(work, row, old, new)
    return done


def _trace(work, row, old: bytes, new: bytes) -> None:
    """Where the history repeats a row's seal, let it say the new one."""
    event, chain_id = HistoryEvent, row.child_id or work.deployment_id
    of_row = select(event).where(event.child_id == chain_id, event.rec == row.id)
    newest = work.session.scalar(of_row.order_by(event.child_seq.desc()).limit(1))
    if newest is None or newest.commit != old:
        return
    said = read_txjson(newest.event)
    chain.note_event(
        work,
        child_id=chain_id,
        rec=row.id,
        rec_type=said["rec_type"],
        rec_ver=said["rec_ver"],
        op="reseal",
        commit=new,
        by=work.deployment_id,
    )

"""The witness folder: checkpoints outside this machine's reach, so that no change of the database is unseen.

It lies with somebody else: a second organisation, or a disk that can be written once. What stands there is never
changed by us, and a checkpoint on the disk of the database would protect against nobody who owns that disk.
"""

import logging
import os
import stat
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mengya_health import db
from mengya_health.config import Settings
from mengya_health.crypto.keystore import Keystore
from mengya_health.crypto.sealing import Keys
from mengya_health.errors import IntegrityError, StartRefused
from mengya_health.history.checkpoints import newest_checkpoint, root_at
from mengya_health.history.models import Checkpoint
from mengya_health.history.notes import Note, NotOurs, origin_of, read_signed

log = logging.getLogger("mengya.security")

Words = tuple[str, str]  # Chinese, English
PUT_BACK = (
    "数据库和外部存证对不上：它可能被整个退回到了旧的内容，或者历史被改写过。为了不盖住痕迹，系统停止了读和写，请先用纸记录。"
    "请系统管理员运行 mengya verify 核对。如果是从备份恢复的，请保管外部存证的人核对后移走较新的检查点，再重新启动。",
    "The database does not match the checkpoints kept outside: it was put back to an older state, or rewritten. "
    "Nothing is read or written meanwhile; write on paper. Administrators: run mengya verify. After a restore, whoever "
    "keeps the witness folder checks it and moves the newer checkpoint files away; then start again.",
)
_OPEN_TO_ALL = stat.S_IWOTH


def require_fit(settings: Settings) -> None:
    """Raise StartRefused unless the witness folder is there, apart from data and keys, and not open to everybody."""
    folder = settings.witness_dir
    if folder is None:
        return
    for ours in (settings.data_dir, settings.keyring_dir):
        if folder.is_relative_to(ours.resolve()) or ours.resolve().is_relative_to(folder):
            raise StartRefused(
                f"外部存证目录 {folder} 不能和 {ours} 放在一起。请用 MENGYA_WITNESS 指到别处，最好是另一个单位的目录。",
                f"The witness folder {folder} may not share a tree with {ours}. Set MENGYA_WITNESS to another.",
            )
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        raise StartRefused(
            f"读不到外部存证目录 {folder}。请检查它有没有挂载好，权限对不对。",
            f"Cannot read the witness folder {folder}. Check that it is mounted, and its mode.",
        )
    if folder.stat().st_mode & _OPEN_TO_ALL:
        raise StartRefused(
            f"外部存证目录 {folder} 谁都能写。请运行 chmod o-w {folder} 后再启动。",
            f"Everybody may write to the witness folder {folder}. Run chmod o-w {folder}, then start again.",
        )


def put(folder: Path, deployment_id: UUID, checkpoint: Checkpoint) -> Path | None:
    """Write a checkpoint into the folder; None where it stands there already. Never changes a file. Raises OSError."""
    file = folder / f"{_prefix(deployment_id)}{checkpoint.size:012d}.txt"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    except FileExistsError:
        if file.read_bytes() != checkpoint.note:
            log.critical("the witness folder holds another checkpoint of size %d", checkpoint.size)
        return None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(checkpoint.note)
        stream.flush()
        os.fsync(stream.fileno())
    return file


def newest_outside(settings: Settings, deployment_id: UUID, public_key: bytes) -> Note | None:
    """Return the newest checkpoint in the folder; what is not whole or not signed by us does not count.

    None where no folder is named. Raises OSError where it cannot be read.
    """
    folder = settings.witness_dir
    if folder is None:
        return None
    for name in sorted((entry.name for entry in os.scandir(folder)), reverse=True):
        if not name.startswith(_prefix(deployment_id)):
            continue
        try:
            stored = (folder / name).read_bytes()
            return read_signed(stored, origin=origin_of(deployment_id), public_key=public_key)
        except NotOurs:
            log.critical("not a checkpoint of ours in the witness folder: %s", name)
    return None


def why_stopped(settings: Settings, engine: Engine, keystore: Keystore, deployment_id: UUID) -> Words | None:
    """Return, in Chinese and English, why nothing may be read or written: the database is not what was witnessed.

    The newest checkpoint outside is ahead of the database, or not of its past. None where they agree.
    """
    note = newest_outside(settings, deployment_id, keystore.log_key.public)
    if note is None:
        return None
    with db.open_session(engine, writing=False) as session:
        newest = newest_checkpoint(session)
        if newest is not None and note.size <= newest.size and _leads_to(session, Keys(keystore), note):
            return None
    log.critical("the checkpoint of size %d outside is not of this database's past: stopped", note.size)
    return PUT_BACK


def _leads_to(session: Session, keys: Keys, note: Note) -> bool:
    try:
        return root_at(session, keys, note.size) == note.root
    except IntegrityError:
        return False


def _prefix(deployment_id: UUID) -> str:
    return f"mengya-{deployment_id}-"

"""Whether an installation can work: for the proxy, the supervisor and `mengya check`. Not a word about anybody."""

import os
import shutil
from datetime import timedelta

from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError

from mengya_health import db, jobs
from mengya_health.config import Settings
from mengya_health.crypto.sealing import Keys
from mengya_health.errors import MengyaError, Unavailable
from mengya_health.handouts.fonts import check_rendering
from mengya_health.operations.checkpointing import witness_state
from mengya_health.operations.installation import Installation
from mengya_health.people.models import Deployment
from mengya_health.work import LOCAL

LEAST_FREE = 0.10  # of the disk the data lies on
WAITED = timedelta(minutes=10)
WRONG = {
    "database": ("数据库写不进去", "the database takes no changes"),
    "keyring": ("密钥库读不到", "the keystore cannot be read"),
    "disk": ("数据所在的磁盘快满了", "the disk is almost full"),
    "history": ("数据库和外部存证对不上", "the database does not match the checkpoints kept outside"),
}


def health_of(installation: Installation) -> dict[str, bool]:
    """Return what works: database, keyring, disk. It only reads: asked every few seconds, it must wait for no writer.

    That a change can be stored, `require_healthy` tries.
    """
    return {
        "database": _answers(installation),
        "keyring": _has_keys(installation),
        "disk": _has_room(installation),
        "history": installation.stopped is None,
    }


def require_healthy(installation: Installation) -> None:
    """Raise Unavailable, naming all that is wrong; StartRefused where papers cannot be printed."""
    check_rendering()
    works = health_of(installation)
    works["database"] = works["database"] and _can_write(installation)
    wrong = [WRONG[part] for part, is_well in works.items() if not is_well]
    if not wrong and _has_waiting_jobs(installation):
        wrong.append(("打印任务没人做：mengya worker 没有运行", "jobs wait: no mengya worker is running"))
    if not wrong and _is_unwitnessed(installation):
        wrong.append(("超过 24 小时没有外部存证", "nothing has been witnessed outside for 24 hours"))
    if wrong:
        raise Unavailable(
            f"{'；'.join(zh for zh, _en in wrong)}。", f"{'; '.join(en for _zh, en in wrong).capitalize()}."
        )


def _answers(installation: Installation) -> bool:
    """Return whether the database is there with its tables, and as far as reading tells may be written to."""
    try:
        with db.open_session(installation.engine, writing=False) as session:
            has_deployment = session.scalar(select(Deployment.id)) is not None
            if installation.engine.dialect.name == "postgresql":
                return has_deployment and session.scalar(text("SHOW transaction_read_only")) == "off"
    except SQLAlchemyError:
        return False
    return has_deployment and os.access(installation.engine.url.database, os.W_OK)


def _can_write(installation: Installation) -> bool:
    """Return whether a row can be changed: changed and rolled back, so that nothing is."""
    try:
        with db.open_session(installation.engine, writing=True) as session:
            session.execute(update(Deployment).values(made_at=Deployment.made_at))
            session.rollback()
    except SQLAlchemyError:
        return False
    return True


def _has_keys(installation: Installation) -> bool:
    keys = Keys(installation.keystore)
    try:
        keys.load([installation.deployment_id])
        keys.form_secret()
    except (SQLAlchemyError, MengyaError):
        return False
    return True


def _has_room(installation: Installation) -> bool:
    usage = shutil.disk_usage(installation.settings.data_dir)
    return usage.free >= LEAST_FREE * usage.total


def last_witness(installation: Installation) -> str:
    """Return one line about the newest checkpoint outside."""
    with db.open_session(installation.engine, writing=False) as session:
        state = witness_state(installation, session)
    if not state.is_set:
        return "没有设置外部存证（MENGYA_WITNESS）。 No witness folder is set."
    at = f"{state.witnessed_at.astimezone(LOCAL):%Y-%m-%d %H:%M}" if state.witnessed_at else "还没有 none yet"
    return f"最后一次外部存证 Last witness: {at}"


def channels_line(settings: Settings) -> str:
    """Return one line about the channels by which messages leave."""
    if not settings.channels:
        return "没有设置消息通道，谁也收不到提醒。 No channel for messages is set up: nobody gets any."
    names = {"mail": "邮件 mail", "webhook": "短信或机器人 webhook"}
    said = "、".join(names[name] for name in sorted(settings.channels))
    return f"消息通道 Channels: {said}"


def _is_unwitnessed(installation: Installation) -> bool:
    with db.open_session(installation.engine, writing=False) as session:
        state = witness_state(installation, session)
    return state.is_set and state.is_late


def _has_waiting_jobs(installation: Installation) -> bool:
    with db.open_session(installation.engine, writing=False) as session:
        return bool(jobs.unsent(session, before=installation.now() - WAITED))

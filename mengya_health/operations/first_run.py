"""`mengya init`: make what is missing, in the order that never leaves data without its keys."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import inspect, select

from mengya_health import db
from mengya_health.config import Settings
from mengya_health.crypto.keys import PassphraseCost, create_keyring, has_keyring, provider_for, read_passphrase
from mengya_health.crypto.keystore import create_keystore
from mengya_health.errors import NotPermitted, StartRefused
from mengya_health.operations.upgrading import upgrade
from mengya_health.people import seals
from mengya_health.people.accounts import new_account
from mengya_health.people.models import Deployment, Membership, User


@dataclass(frozen=True)
class Made:
    """What a run of init made; all False when everything was there."""

    keyring: bool
    database: bool


def initialise(
    settings: Settings,
    passphrase: str | None,
    *,
    now: datetime,
    cost: PassphraseCost | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Made:
    """Make keyring, keystore, database and deployment id where they are missing.

    Run again it changes nothing. A database without its keyring is refused, never given a new one.
    Raises StartRefused.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = db.make_engine(settings.database_url)
    db.require_reachable(engine, "数据库")
    is_new = not inspect(engine).has_table("alembic_version")
    made_keyring = _ensure_keyring(settings, passphrase, is_new=is_new, cost=cost, environ=environ)
    provider = provider_for(settings, environ)
    keystore_engine = db.make_engine(settings.keystore_url)
    create_keystore(keystore_engine, provider)
    keystore_engine.dispose()
    upgrade(engine)
    with db.open_session(engine, writing=True) as session:
        if session.scalar(select(Deployment.id)) is None:
            session.add(Deployment(id=db.new_id(), made_at=now))
            session.commit()
    engine.dispose()
    return Made(keyring=made_keyring, database=is_new)


def passphrase_for(settings: Settings) -> str | None:
    """Return the passphrase for a keyring that is still to be made, None where there is one already."""
    if has_keyring(settings.keyring_dir):
        return None
    return read_passphrase(settings.passphrase_file)


def _ensure_keyring(settings: Settings, passphrase, *, is_new: bool, cost, environ: Mapping[str, str]) -> bool:
    if "MENGYA_ROOT_KEY" in environ or has_keyring(settings.keyring_dir):
        return False
    if not is_new:
        raise StartRefused(
            f"数据库已有内容，但 {settings.keyring_dir} 没有密钥环。请找回原来的密钥环；新建的打不开旧数据。",
            f"The database holds records but {settings.keyring_dir} has no keyring. Restore the old one; a new one "
            "cannot open them.",
        )
    create_keyring(
        settings.keyring_dir,
        passphrase or "",
        data_dir=settings.data_dir,
        cost=cost or PassphraseCost(),
        suite_id=settings.suite,
    )
    return True


def first_sysadmin(work, *, login: str, name: str, password: str) -> User:
    """Store the very first administrator, who makes all other accounts. Nobody is signed in yet.

    Raises NotPermitted once there is an administrator, Invalid for a password too easy to guess.
    """
    if work.session.scalar(select(Membership.id).where(Membership.role == "sysadmin").limit(1)):
        raise NotPermitted(
            "已经有系统管理员了，新账号请由管理员来建。",
            "There is an administrator already; ask them for an account.",
        )
    user = new_account(work, login=login, name=name, phone="", password=password, is_staff=True)
    membership = Membership(id=db.new_id(), user_id=user.id, role="sysadmin", from_on=work.today, row_version=1)
    seals.seal(work, membership)
    work.session.add(membership)
    work.session.flush()
    return user

"""`mengya init`: make what is missing, in the order that never leaves data without its keys."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine, inspect, make_url, select

from mengya_health import db, jobs
from mengya_health.config import Settings
from mengya_health.crypto.keys import PassphraseCost, create_keyring, has_keyring, provider_for, read_passphrase
from mengya_health.crypto.keystore import create_keystore
from mengya_health.errors import NotPermitted, StartRefused
from mengya_health.growth.ages import add_months
from mengya_health.operations.upgrading import KEYSTORE, grant, require_newest, upgrade
from mengya_health.people import seals
from mengya_health.people.account_history import trace
from mengya_health.people.accounts import LONGEST_MONTHS, new_account
from mengya_health.people.models import Deployment, Membership, User
from mengya_health.people.passwords import hash_of_new


@dataclass(frozen=True)
class Made:
    """What a run of init made; all False when everything was there."""

    keyring: bool
    database: bool
    codes: tuple[str, ...] = field(default=(), repr=False)  # the recovery codes of a new keyring; shown once


def initialise(
    settings: Settings,
    passphrase: str | None,
    *,
    now: datetime,
    cost: PassphraseCost | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Made:
    """Make keyring, keystore, database and deployment id where they are missing.

    Run again it changes nothing. Of keyring, keystore and database, what is lost is never made anew beside what is
    left: that is refused, before anything is written. Raises StartRefused.
    """
    has_database = _has_table(settings.database_url, "数据库", "alembic_version")
    has_keystore = _has_table(settings.keystore_url, "密钥库", "wrapping_key")
    has_keys = "MENGYA_ROOT_KEY" in environ or has_keyring(settings.keyring_dir)
    _refuse_lost_parts(settings, has_keys=has_keys, has_keystore=has_keystore, has_database=has_database)
    if not has_keys:
        create_keyring(
            settings.keyring_dir,
            passphrase or "",
            data_dir=settings.data_dir,
            cost=cost or PassphraseCost(),
            suite_id=settings.suite,
        )
    provider = provider_for(settings, environ)
    # A demo holds nothing worth a safe.
    codes = () if has_keys or settings.is_demo else provider.new_codes()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _engine(settings.keystore_url, "密钥库") as keystore:
        require_newest(keystore, KEYSTORE) if has_keystore else upgrade(keystore, KEYSTORE)
        create_keystore(keystore, provider, suite_id=settings.suite)
    owner_url = settings.owner_url or settings.database_url
    jobs.make_queue(replace(settings, database_url=owner_url), make_tables=True).storage.close()
    with _engine(owner_url, "数据库") as engine:
        require_newest(engine) if has_database else upgrade(engine)
        _name_deployment(engine, now)
        if settings.owner_url:
            grant(engine, make_url(settings.database_url).username)
    return Made(keyring=not has_keys, database=not has_database, codes=codes)


def passphrase_for(settings: Settings) -> str | None:
    """Return the passphrase for a keyring that is still to be made, None where there is one already."""
    if has_keyring(settings.keyring_dir):
        return None
    return read_passphrase(settings.passphrase_file)


def _has_table(url: str, name: str, table: str) -> bool:
    """Return whether a database holds a table. Raises StartRefused for one that cannot be read."""
    if not db.is_made(url, name):
        return False
    with _engine(url, name) as engine, engine.execution_options(writing=False).connect() as connection:
        return inspect(connection).has_table(table)


@contextmanager
def _engine(url: str, name: str) -> Iterator[Engine]:
    engine = db.make_engine(url)
    try:
        db.require_reachable(engine, name)
        yield engine
    finally:
        engine.dispose()


def _refuse_lost_parts(settings: Settings, *, has_keys: bool, has_keystore: bool, has_database: bool) -> None:
    if has_database and not has_keystore:
        raise StartRefused(
            "数据库已有内容，但密钥库是空的或不见了。请从密钥备份恢复密钥库；新建的打不开旧数据。",
            "The database holds records but the keystore is gone. Restore it from its backup; a new one cannot open "
            "them.",
        )
    if (has_database or has_keystore) and not has_keys:
        raise StartRefused(
            f"数据库已有内容，但 {settings.keyring_dir} 没有密钥环。请找回原来的密钥环；新建的打不开旧数据。",
            f"The database holds records but {settings.keyring_dir} has no keyring. Restore the old one; a new one "
            "cannot open them.",
        )


def _name_deployment(engine: Engine, now: datetime) -> None:
    with db.open_session(engine, writing=False) as session:
        if session.scalar(select(Deployment.id)) is not None:
            return
    with db.open_session(engine, writing=True) as session:
        session.add(Deployment(id=db.new_id(), made_at=now))
        session.commit()


def first_sysadmin(work, *, login: str, name: str, password: str) -> User:
    """Store the very first administrator, who makes all other accounts. Nobody is signed in yet.

    Raises NotPermitted once there is an administrator, Invalid for a password too easy to guess.
    """
    if work.session.scalar(select(Membership.id).where(Membership.role == "sysadmin").limit(1)):
        raise NotPermitted(
            "已经有系统管理员了，新账号请由管理员来建。",
            "There is an administrator already; ask them for an account.",
        )
    password_hash = hash_of_new(work, password, is_staff=True, context_words=(login, name))
    user = new_account(work, login=login, name=name, phone="", password_hash=password_hash)
    membership = Membership(
        id=db.new_id(),
        user_id=user.id,
        role="sysadmin",
        from_on=work.today,
        to_on=add_months(work.today, LONGEST_MONTHS),
        row_version=1,
    )
    seals.seal(work, membership)
    work.session.add(membership)
    work.session.flush()
    trace(work, user, "create", action="C")
    return user

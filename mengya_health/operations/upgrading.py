"""Bring data and keystore to their newest migrations. Migrations only go forward: the way back is a backup."""

from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect

from mengya_health import audit, jobs
from mengya_health.care import models as care_models
from mengya_health.config import CHECKOUT
from mengya_health.db import Base
from mengya_health.errors import StartRefused
from mengya_health.handouts import models as handout_models
from mengya_health.history import chain
from mengya_health.indicators import models as indicator_models
from mengya_health.people import (
    approvals,
    credential_models,
    draft_models,
    emergency,
    erasure_models,
    message_models,
    passkey_models,
    sharing,
)
from mengya_health.people import models as people_models
from mengya_health.record import models as record_models
from mengya_health.signing import models as signing_models
from mengya_health.signing import paper_models

# Naming them is what puts their tables on the metadata.
TABLES_IN = (
    approvals,
    audit,
    care_models,
    chain,
    credential_models,
    draft_models,
    emergency,
    erasure_models,
    handout_models,
    indicator_models,
    jobs,
    message_models,
    paper_models,
    passkey_models,
    people_models,
    record_models,
    sharing,
    signing_models,
)


# Where the migrations of either database are.
DATA, KEYSTORE = "migrations", "migrations/keystore"


def metadata() -> MetaData:
    """Return the metadata with every table of the data database on it."""
    return Base.metadata


def upgrade(engine: Engine, migrations: str = DATA) -> None:
    """Apply what is missing, in one transaction. Raises StartRefused for a database of a newer program."""
    _refuse_newer(*current_and_newest(engine, migrations))
    with engine.begin() as connection:
        if migrations == KEYSTORE and _is_before_migrations(connection):
            command.stamp(_config(connection, migrations), "0001")
        command.upgrade(_config(connection, migrations), "head")


def grant(owner: Engine, role: str) -> None:
    """Let the program's own PostgreSQL role work with the tables; to history and audit it only adds."""
    with owner.begin() as connection:
        name = connection.dialect.identifier_preparer.quote(role)
        for statement in _GRANTS:
            connection.exec_driver_sql(statement.replace("ROLE", name))


_GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ROLE",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ROLE",  # the job queue's
    "REVOKE UPDATE, DELETE ON history_event, audit_event, audit_leaf, tree_node, checkpoint FROM ROLE",
    "GRANT UPDATE (leaf_index) ON history_event, audit_event TO ROLE",  # the checkpointer's, once for each row
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM ROLE",
    "REVOKE INSERT, DELETE ON deployment FROM ROLE",
)


def current_and_newest(engine: Engine, migrations: str = DATA) -> tuple[str | None, str]:
    """Return the migration the database is at (None: an empty one) and the newest there is."""
    with engine.execution_options(writing=False).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is None and migrations == KEYSTORE and _is_before_migrations(connection):
            current = "0001"
    return current, _newest(migrations)


@lru_cache
def _newest(migrations: str) -> str:
    # Kept: a program has the migrations it was started with, and to find their head each file is run.
    return ScriptDirectory.from_config(_config(None, migrations)).get_current_head()


def require_newest(engine: Engine, migrations: str = DATA) -> None:
    """Raise StartRefused unless the database is at the newest migration."""
    current, newest = current_and_newest(engine, migrations)
    if current is None:
        raise StartRefused("数据库是空的。请先运行 mengya init。", "The database is empty. Run mengya init first.")
    _refuse_newer(current, newest)
    if current != newest:
        raise StartRefused(
            f"数据库是 {current} 版，程序要 {newest} 版。请先备份，再运行 mengya upgrade。",
            f"The database is at {current}, this program needs {newest}. Back it up, then run mengya upgrade.",
        )


def _refuse_newer(current: str | None, newest: str) -> None:
    if current and current > newest:  # they are numbered: 0001, 0002, …
        raise StartRefused(
            f"数据库是 {current} 版，来自更新的程序，这个程序只到 {newest} 版。请换用新的程序；不要降级。",
            f"The database is at {current}, made by a newer program than this one ({newest}). Use that; never go back.",
        )


def _is_before_migrations(connection) -> bool:
    """Return whether this is a keystore of the time when keystores had no migrations."""
    names = inspect(connection).get_table_names()
    return "wrapping_key" in names and "alembic_version" not in names


def _config(connection, migrations: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(CHECKOUT / migrations))
    config.attributes["connection"] = connection
    return config

"""Bring the database to the newest migration. Migrations only go forward: the way back is a backup."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

from mengya_health import audit, jobs
from mengya_health.care import models as care_models
from mengya_health.config import CHECKOUT
from mengya_health.db import Base
from mengya_health.errors import StartRefused
from mengya_health.handouts import models as handout_models
from mengya_health.history import chain
from mengya_health.people import approvals, credential_models, emergency, passkey_models, sharing
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
    emergency,
    handout_models,
    jobs,
    paper_models,
    passkey_models,
    people_models,
    record_models,
    sharing,
    signing_models,
)


def metadata() -> MetaData:
    """Return the metadata with every table of the data database on it."""
    return Base.metadata


def upgrade(engine: Engine) -> None:
    """Apply what is missing, in one transaction. Raises StartRefused for a database of a newer program."""
    _refuse_newer(*current_and_newest(engine))
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def current_and_newest(engine: Engine) -> tuple[str | None, str]:
    """Return the migration the database is at (None: an empty one) and the newest there is."""
    with engine.execution_options(writing=False).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config(None)).get_current_head()


def require_newest(engine: Engine) -> None:
    """Raise StartRefused unless the database is at the newest migration."""
    current, newest = current_and_newest(engine)
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


def _config(connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(CHECKOUT / "migrations"))
    config.attributes["connection"] = connection
    return config

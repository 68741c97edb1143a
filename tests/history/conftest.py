"""A data database with history's tables and guards, on both kinds of database, and keys for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mengya_health.audit import AuditEvent
from mengya_health.crypto.keystore import Keystore
from mengya_health.crypto.sealing import Keys
from mengya_health.db import Base, make_engine
from mengya_health.history.models import (
    CHECKPOINT_GUARDS,
    GUARDS,
    AuditLeaf,
    Checkpoint,
    HistoryEvent,
    HistoryHead,
    TreeNode,
)
from tests.crypto.keyring import a_keystore

TABLES = [model.__table__ for model in (HistoryEvent, HistoryHead, AuditEvent, AuditLeaf, TreeNode, Checkpoint)]


@pytest.fixture
def keystore(tmp_path: Path) -> Iterator[Keystore]:
    opened = a_keystore(tmp_path)
    yield opened
    opened.dispose()


@pytest.fixture
def keys(keystore: Keystore) -> Keys:
    return Keys(keystore)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'mengya.db'}")
    else:
        made = make_engine(request.getfixturevalue("postgres_url"))
    with made.begin() as connection:
        Base.metadata.create_all(connection, tables=TABLES)
        for guard in (*GUARDS[made.dialect.name], *CHECKPOINT_GUARDS[made.dialect.name]):
            connection.exec_driver_sql(guard)
    yield made
    with made.begin() as connection:
        Base.metadata.drop_all(connection, tables=TABLES)
        if made.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP FUNCTION history_is_append_only")
    made.dispose()

"""What is compiled for one test serves all: their engines say the same SQL, their applications the same templates."""

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from mengya_health import db


class Bytecodes(BytecodeCache):
    """What Jinja compiled, by the digests of a template's name and text."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Let every application a test makes take what Jinja compiled for another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", Bytecodes())
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Give every engine of a kind one dialect and one store of compiled statements, whose keys name the dialect.

    Else each test compiles every statement anew, a tenth of the suite's time. Connections stay each engine's own.
    """
    dialects: dict[str, Dialect] = {}
    compiled = LRUCache(5000)

    def made(*how, **options) -> Engine:
        engine = create_engine(*how, **options)
        kept = dialects.get(engine.name)
        if kept is None or kept.server_version_info is None:  # it has met no server yet
            dialects[engine.name] = engine.dialect
        else:
            engine.dialect = kept
        engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "create_engine", made)
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_waits_for_the_disk() -> Iterator[None]:
    """Let SQLite in this process hand its pages to the system and go on, as PostgreSQL does here: nothing outlives it.

    What is killed runs in processes of its own, which wait; and other files than an installation's are opened as ever.
    """
    made = db._sqlite_engine

    def hasty(url: str) -> Engine:
        engine = made(url)
        if url.endswith(("/mengya.db", "/keystore.db")):
            event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_sqlite_engine", hasty)
        yield

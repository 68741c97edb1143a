"""What SQLAlchemy compiles for one test serves all: every test has engines of its own, and they say the same SQL."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from mengya_health import db


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
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

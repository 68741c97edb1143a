"""SQLite keeps what does not fit its column, PostgreSQL refuses it: every test holds texts to their width."""

from collections.abc import Iterator

import pytest
from sqlalchemy import String, event, inspect
from sqlalchemy.orm import Session


@pytest.fixture(scope="session", autouse=True)
def widths_held() -> Iterator[None]:
    """Refuse to flush a row with a text longer than its column."""
    event.listen(Session, "before_flush", _hold)
    yield
    event.remove(Session, "before_flush", _hold)


def _hold(session: Session, _context, _instances) -> None:
    for row in (*session.new, *session.dirty):
        for attribute in inspect(type(row)).column_attrs:
            (column,) = attribute.columns
            value = getattr(row, attribute.key) if isinstance(column.type, String) and column.type.length else None
            assert value is None or len(value) <= column.type.length, f"{column}: {value!r}"

"""A walk round the loop for each test, on SQLite unless the module asks for both databases."""

import pytest

from tests.care.walking import STORIES, Walk


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    """A walk of the first pathway, its people in place, nothing opened."""
    return Walk(installation, work_as, clock, STORIES[0], district).prepare()

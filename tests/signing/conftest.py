"""A case whose plan is signed or waits to be, for what is said about signatures."""

import pytest

from tests.care.walking import STORIES, Walk


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    """A child with a flagged case and a plan that waits for its mother's signature."""
    made = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    made.flagged()
    made.make_plan()
    return made

"""One browser, before which one after the other sits down."""

import pytest

from tests.accessibility import axe
from tests.journeys.people import Person
from tests.sites import Site


@pytest.fixture(scope="module")
def somebody(demo_site: Site) -> Person:
    """Somebody in the demo district whose pages can be looked at."""
    return demo_site.somebody(script=axe.SCRIPT)

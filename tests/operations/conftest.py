"""A file to import into the district."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mengya_health.operations.import_file import ImportReport, import_children


@pytest.fixture
def take(work_as, district) -> Callable[..., ImportReport]:
    """Import a file as the doctor, in a unit of work of its own; a dry run in one that only reads."""

    def taken(path: Path, **how) -> ImportReport:
        how = {"clinic_id": district.clinic_id, "paper_consent": True} | how
        with work_as(district.doctor, writing=not how.get("dry_run")) as work:
            return import_children(work, path, **how)

    return taken

"""`mengya serve` with a clock that a test can move: what time it is stands in a file, as seconds to add to now."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mengya_health.config import settings_from
from mengya_health.operations.installation import open_installation
from mengya_health.serving import serve


def clock_in(file: Path) -> Callable[[], datetime]:
    """Return a clock that runs on, moved by as many seconds as stand in the file."""
    return lambda: datetime.now(UTC) + timedelta(seconds=float(file.read_text()))


if __name__ == "__main__":
    moved_clock = clock_in(Path(os.environ["MOVED_BY"]))
    serve(open_installation(settings_from(), now=moved_clock), host="127.0.0.1", port=int(sys.argv[1]))

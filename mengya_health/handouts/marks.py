"""Small things drawn or written the same way on every sheet: dates, the four steps, the QR code."""

from dataclasses import dataclass
from datetime import date, datetime

import segno

STEPS = ("预防", "筛查", "干预", "巩固")
WEEKDAYS = "一二三四五六日"
QUIET_ZONE = 4  # modules of white around a code, as ISO/IEC 18004 asks


@dataclass(frozen=True)
class QrDrawing:
    """A QR code as one SVG path; `size` is its side in modules, white border included."""

    size: int
    path: str


def qr(address: str) -> QrDrawing:
    """Return the drawing of an address, with error correction M (15 %)."""
    matrix = segno.make(address, error="m", micro=False).matrix
    rows = enumerate(matrix, start=QUIET_ZONE)
    dots = [f"M{x} {y}h1v1h-1z" for y, row in rows for x, dark in enumerate(row, start=QUIET_ZONE) if dark]
    return QrDrawing(size=len(matrix) + 2 * QUIET_ZONE, path="".join(dots))


def day_of_week(on: date) -> str:
    return f"{on.isoformat()}（周{WEEKDAYS[on.weekday()]}）"


def moment(at: datetime) -> str:
    """Minute precision by the moment's own clock; the sender has chosen the time zone."""
    return f"{at:%Y-%m-%d %H:%M}"

"""The small drawings."""

import segno

from mengya_health.handouts.marks import QUIET_ZONE, qr

ADDRESS = "https://example.invalid/s/7KQ2M9XW4H"


def test_qr_drawing_has_every_dark_module_at_its_place_and_a_white_border():
    matrix = segno.make(ADDRESS, error="m", micro=False).matrix
    drawing = qr(ADDRESS)
    dark = {(x + QUIET_ZONE, y + QUIET_ZONE) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    drawn = {tuple(map(int, part.split("h")[0].split())) for part in drawing.path.split("M")[1:]}
    assert drawn == dark
    assert drawing.size == len(matrix) + 8

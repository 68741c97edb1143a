"""The page 流程说明: every step in words, and the picture drawn from the same rows. Paint stands in attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _

from mengya_health.care.loop_shown import STOP, Way, ways_of
from mengya_health.care.workflow import START, Workflow
from mengya_health.web.shown import words

BOX_WIDTH, BOX_HEIGHT, ROW, TOP = 190, 46, 86, 14
LANE, NEAR, CORNER = 88, 92, 8  # between lanes, from the boxes to the first, and how round a bend is


@dataclass(frozen=True)
class Arrow:
    """All steps from one state to another; `first` and `last` are the upper and the lower of the two rows."""

    start: int
    end: int
    said: str

    @property
    def first(self) -> int:
        return min(self.start, self.end)

    @property
    def last(self) -> int:
        return max(self.start, self.end)


def loop_page(loop: Workflow, *, is_clinical: bool) -> dict:
    """Return the states with the steps out of each, and the picture; whoever is no clinician reads the plain names."""

    def name(state: str) -> str:
        if state == START:
            return _("还没有个案")
        found = loop.states[state]
        return words.told(found.name if is_clinical else found.plain or found.name)

    ways = ways_of(loop)
    return {
        "title": words.told(loop.title),
        "version": loop.version,
        "states": [_state(loop, state, name, ways) for state in (START, *loop.states)],
        "picture": _picture(loop, name, ways),
    }


def _state(loop: Workflow, state: str, name: Callable[[str], str], ways: list[Way]) -> dict:
    return {
        "name": name(state),
        "stage": words.told(loop.stages[loop.states[state].stage]) if state != START else "",
        "steps": [
            {
                "event": words.told(way.event_zh),
                "by": words.told(way.by_zh),
                "to": _("不变") if way.to == state else name(way.to),
                "only_if": [words.told(each) for each in way.only_if_zh],
                "release": words.told(way.release_zh),
            }
            for way in ways
            if way.state == state
        ],
    }


def _picture(loop: Workflow, name: Callable[[str], str], ways: list[Way]) -> dict:
    """Return boxes one below the other, what leads on to their right, what leads back to their left."""
    rows = {state: row for row, state in enumerate(loop.states)}
    arrows = _arrows(rows, ways)
    onward, back = ([a for a in arrows if (a.end > a.start) is leads_on] for leads_on in (True, False))
    straight = [arrow for arrow in onward if arrow.end == arrow.start + 1]
    around = [arrow for arrow in onward if arrow not in straight]
    left = NEAR + LANE * max(_lanes(back).values(), default=0)
    right = left + BOX_WIDTH
    width = right + NEAR + LANE * max(_lanes(around).values(), default=0)
    paths = [_bent(arrow, lane, right, 1, around) for arrow, lane in _lanes(around).items()]
    paths += [_bent(arrow, lane, left, -1, back) for arrow, lane in _lanes(back).items()]
    paths += [_down(arrow, left + BOX_WIDTH // 2) for arrow in straight]
    boxes = [
        {
            "x": left,
            "y": TOP + ROW * row,
            "name": name(state),
            "stage": words.told(loop.stages[loop.states[state].stage]),
        }
        for state, row in rows.items()
    ]
    return {"width": width, "height": TOP + ROW * len(rows), "boxes": boxes, "paths": paths}


def _arrows(rows: dict[str, int], ways: list[Way]) -> list[Arrow]:
    """Return the arrows between different states; stopping, which every open state has, is said in words."""
    said: dict[tuple[int, int], list[str]] = {}
    for way in ways:
        if way.state != START and way.to != way.state and way.event != STOP:
            said.setdefault((rows[way.state], rows[way.to]), []).append(words.told(way.event_zh).partition(_("，"))[0])
    return [Arrow(start, end, " / ".join(texts)) for (start, end), texts in said.items()]


def _lanes(arrows: list[Arrow]) -> dict[Arrow, int]:
    """Return for each arrow the lane, counted from the boxes, in which it crosses no other; short ones stay near."""
    taken: dict[Arrow, int] = {}
    for arrow in sorted(arrows, key=lambda each: (each.last - each.first, each.first)):
        used = {lane for other, lane in taken.items() if other.first <= arrow.last and arrow.first <= other.last}
        taken[arrow] = next(lane for lane in range(len(arrows)) if lane not in used)
    return taken


def _bent(arrow: Arrow, lane: int, edge: int, side: int, others: list[Arrow]) -> dict:
    """Return an arrow that leaves a box sideways, runs along its lane and comes back to another box."""
    x = edge + side * (NEAR // 2 + LANE * lane)
    start, end = (_port(arrow, row, others) for row in (arrow.start, arrow.end))
    turn, corner = (CORNER if end > start else -CORNER), side * CORNER
    line = (
        f"M{edge} {start}H{x - corner}Q{x} {start} {x} {start + turn}V{end - turn}Q{x} {end} {x - corner} {end}H{edge}"
    )
    head = f"M{edge + side * 8} {end - 5}L{edge} {end}L{edge + side * 8} {end + 5}"
    return {"line": line, "head": head, "x": x, "y": (start + end) // 2 + 4, "said": arrow.said, "anchor": "middle"}


def _down(arrow: Arrow, x: int) -> dict:
    start, end = TOP + ROW * arrow.start + BOX_HEIGHT, TOP + ROW * arrow.end
    head = f"M{x - 5} {end - 8}L{x} {end}L{x + 5} {end - 8}"
    return {"line": f"M{x} {start}V{end}", "head": head, "x": x + 8, "y": (start + end) // 2 + 4, "said": arrow.said,
            "anchor": "start"}  # fmt: skip


def _port(arrow: Arrow, row: int, others: list[Arrow]) -> int:
    """Return where on the side of a box an arrow begins or ends: each has a height of its own."""
    here = [each for each in others if row in (each.start, each.end)]
    here.sort(
        key=lambda each: (each.first == row, -(each.last - each.first) if each.first == row else each.last - each.first)
    )
    return TOP + ROW * row + BOX_HEIGHT * (here.index(arrow) + 1) // (len(here) + 1)

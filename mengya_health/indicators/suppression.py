"""Which counts may be published. Pure: counts in, figures out.

The rule (security design §13.3): figures are steps of k, rounded down; a figure stays as long as the true count is
less than k away from it. What is below k is no figure and counts as zero. What follows, each a property test:

- every figure, and every difference of any two exports in a cell or a total, is a multiple of k;
- totals are sums of the figures shown. They do not depend on what is left out, so there is no complement to leave
  out: whatever the small cells hold, the table is the same, byte for byte;
- fewer than k children who come, go or move on change nothing, counted from what a cell says;
- a figure is less than k away from the truth.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)

INSIDE_K = 5  # within the district
OUTSIDE_K = 20  # for whoever is outside it: a risk of 0.05 (GB/T 42460)


def publishable(counts: Mapping[Cell, int], published: Mapping[Cell, int], k: int) -> dict[Cell, int]:
    """Return the figures to publish now; cells that are left out are not in it.

    `published` is what this returned the last time, empty the first time.
    """
    figures = {cell: _figure(counts.get(cell, 0), published.get(cell, 0), k) for cell in {*counts, *published}}
    return {cell: figure for cell, figure in figures.items() if figure}


def _figure(count: int, published: int, k: int) -> int:
    return published if abs(count - published) < k else count - count % k

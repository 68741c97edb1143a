"""Which places may be shown by themselves, and which only together. Pure.

The rule (page 指标): whatever is shown is taken of k or more, and what is left of the whole when everything shown is
taken away is again of k or more, or nothing. So nothing small can be worked out by subtraction either.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Place = TypeVar("Place", bound=Hashable)


def shown_alone(numbers: Mapping[Place, int], k: int) -> list[Place]:
    """Return the places whose own figure may be shown; the others are shown together, as far as they are k.

    `numbers` is of how many each place's figure is taken. Where those left over are fewer than k in all, the smallest
    of the others joins them. Of places alike in size the later in order joins first.
    """
    alone = sorted((place for place, number in numbers.items() if number >= k), key=lambda place: -numbers[place])
    left = sum(numbers.values()) - sum(numbers[place] for place in alone)
    if 0 < left < k and alone:
        alone.pop()
    return alone

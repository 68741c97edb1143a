"""When what was observed is for the doctor to look at: the concern rule of behaviours.yaml. Pure.

Each hand is judged by its own observations: a teacher who sees a thing and a parent who does not have not seen a child
go backwards. A 9 (no chance to see it) says nothing: it neither is a 0 nor takes one back.
Source: `concern_rule` of behaviours.yaml (product default).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from mengya_health.content import Content
from mengya_health.content.behaviours import Behaviour, BehaviourBand

NOT_YET, DONE, UNSEEN = 0, 2, 9

# Code of an item → its scores, oldest first.
Scores = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Signals:
    """What the rule says of one hand's observations at one age.

    `linked`: still not there and a warning sign from this age on: the doctor is asked for the warning signs.
    `regressed`: was there and is no more, at any age: the doctor is told. `unlinked`: enough of a band is not there at
    its end: better talked over with the doctor. `unseen`: twice no chance to see it: arrange one.
    """

    linked: tuple[Behaviour, ...] = ()
    regressed: tuple[Behaviour, ...] = ()
    unlinked: tuple[Behaviour, ...] = ()
    unseen: tuple[Behaviour, ...] = ()


def signals(content: Content, scores: Scores, age_months: int) -> Signals:
    """Return what the concern rule says at an age in whole months (corrected for a preterm child under 24 months)."""
    items = content.behaviours.items
    rated = [items[code] for code in scores if code in items]
    not_yet = [item for item in rated if _last(scores[item.code]) == NOT_YET]
    start = {sign.code: group.from_month for group in content.warning_signs.groups for sign in group.items}
    linked = (item for item in not_yet if item.warning_sign and age_months >= start[item.warning_sign])
    return Signals(
        linked=tuple(linked),
        regressed=tuple(item for item in not_yet if DONE in scores[item.code]),
        unlinked=_unlinked(content, not_yet, age_months),
        unseen=tuple(item for item in rated if _unseen_times(scores[item.code]) >= _times(content)),
    )


def items_to_see(content: Content, scores: Scores, age_months: int) -> tuple[Behaviour, ...]:
    """Return what is looked for at an age: the band's items, and linked ones of earlier bands not reached so far."""
    band = content.behaviours.band_for(age_months)
    if band is None:
        return ()
    earlier = [each for each in content.behaviours.bands if each.to_month <= band.from_month]
    left = (item for each in earlier for item in each.items if item.warning_sign and _is_left(scores, item))
    return (*left, *band.items)


def _is_left(scores: Scores, item: Behaviour) -> bool:
    return item.code in scores and _last(scores[item.code]) != DONE


def _last(scores: Sequence[int]) -> int | None:
    """Return the newest score that says something; None where there was never a chance to see it."""
    return next((score for score in reversed(scores) if score != UNSEEN), None)


def _unseen_times(scores: Sequence[int]) -> int:
    return sum(1 for _ in takewhile(lambda score: score == UNSEEN, reversed(scores)))


def _times(content: Content) -> int:
    return content.behaviours.concern_rule["score_9_times"]


def _unlinked(content: Content, not_yet: Iterable[Behaviour], age_months: int) -> tuple[Behaviour, ...]:
    rule = content.behaviours.concern_rule["unlinked_rule"]
    band = _ending_band(content, age_months, rule["months_before_end"])
    found = [item for item in not_yet if band and item in band.items and not item.warning_sign]
    domains = Counter(item.domain for item in found)
    enough = (
        len(domains) >= rule["domains_with_a_zero"] or max(domains.values(), default=0) >= rule["zeros_in_a_domain"]
    )
    return tuple(found) if enough else ()


def _ending_band(content: Content, age_months: int, months_before_end: int) -> BehaviourBand | None:
    """Return the last band that came to its end: the child's own in its last month, else the one before."""
    ended = [each for each in content.behaviours.bands if age_months >= each.to_month - months_before_end]
    return ended[-1] if ended else None

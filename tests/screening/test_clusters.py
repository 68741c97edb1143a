"""When several children with the same are told of: one below, exactly, and one day too far apart."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from mengya_health.screening.clusters import Cluster, Sick, clusters

TODAY = date(2026, 11, 23)
ONE, TWO, THREE = (UUID(int=number) for number in (101, 102, 103))


def sick(what: str, group_id: UUID, *days_ago: int, start: int = 1) -> list[Sick]:
    """One child for each of the days."""
    return [
        Sick(UUID(int=group_id.int * 1000 + start + number), group_id, what, TODAY - timedelta(days=ago))
        for number, ago in enumerate(days_ago)
    ]


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        (sick("呕吐", ONE, 0), []),
        (sick("呕吐", ONE, 0, 6), [Cluster("呕吐", ONE, 2, 7)]),
        (sick("呕吐", ONE, 0, 7), []),
        (sick("呕吐", ONE, 0) + sick("咳嗽", ONE, 0, start=5), []),
        (sick("呕吐", ONE, 0) + sick("呕吐", TWO, 0), []),
        (sick("呕吐", ONE, 0) * 2, []),  # one child twice is one child
        (sick("NORO", ONE, 0, 2), [Cluster("NORO", ONE, 2, 3)]),
        (sick("NORO", ONE, 0, 3), []),
        (sick("HFMD", ONE, 0, 1), [Cluster("HFMD", ONE, 2, 7)]),
        (sick("VAR", ONE, 0, 6), [Cluster("VAR", ONE, 2, 7)]),
    ],
)
def test_two_of_a_class_within_the_days(content, cases, found):
    assert clusters(content.behaviours, cases, {}, TODAY) == found


def test_influenza_counts_by_the_share_of_the_class(content):
    assert clusters(content.behaviours, sick("ILI", ONE, *[0] * 5), {ONE: 20}, TODAY) == []
    assert clusters(content.behaviours, sick("ILI", ONE, *[0] * 6), {ONE: 20}, TODAY) == [Cluster("ILI", ONE, 6, 7)]


def test_hand_foot_and_mouth_is_weighed_over_the_whole_place(content):
    three_classes = [each for group_id in (ONE, TWO, THREE) for each in sick("HFMD", group_id, 0, 1)]
    assert clusters(content.behaviours, three_classes, {}, TODAY)[-1] == Cluster("HFMD", None, 6, 7)
    two_classes = sick("HFMD", ONE, *[0] * 5) + sick("HFMD", TWO, *[0] * 4)
    assert all(each.group_id for each in clusters(content.behaviours, two_classes, {}, TODAY))
    ten = [*two_classes, *sick("HFMD", TWO, 0, start=90)]
    assert clusters(content.behaviours, ten, {}, TODAY)[-1] == Cluster("HFMD", None, 10, 7)

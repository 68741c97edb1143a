"""Files sealed in segments: cut, swapped and spliced in every way (S-16), and moved to other places (S-03)."""

import os
from uuid import UUID

import pytest

from mengya_health.crypto.attachments import SEGMENT_BYTES, key_id_of, opened, sealed
from mengya_health.crypto.envelope import Key, Place, new_key, open_sealed, seal
from mengya_health.crypto.suites import SUITES
from mengya_health.errors import IntegrityError

KEY = Key(UUID(int=7), bytes(range(32)))
PLACE = Place("attachment", "content", UUID(int=1), UUID(int=2))
CONTENT = os.urandom(3 * SEGMENT_BYTES + 17)
BOTH_SUITES = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)


def taken(content: bytes, suite, *, key: Key = KEY, place: Place = PLACE) -> tuple[bytes, list[bytes]]:
    start, *segments = sealed(key, place, content, suite)
    return start, segments


def refused(start, segments, *, key: Key = KEY, place: Place = PLACE) -> bool:
    """Return whether opening raises IntegrityError; any other exception is a failure of the test."""
    try:
        opened(key, place, start, segments)
    except IntegrityError:
        return True
    return False


@BOTH_SUITES
@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES])
def test_a_file_of_any_size_opens_to_the_same_bytes(suite, size):
    start, segments = taken(CONTENT[:size], suite)
    assert len(start) == 84
    assert key_id_of(start) == KEY.id_bytes
    assert max(1, -(-size // SEGMENT_BYTES)) == len(segments)
    assert opened(KEY, PLACE, start, segments) == CONTENT[:size]


@BOTH_SUITES
def test_no_segment_may_be_missing_moved_or_from_another_file(suite):
    """S-16."""
    start, segments = taken(CONTENT, suite)
    other_start, others = taken(CONTENT, suite)  # the same bytes, the same place, another salt
    swapped = [segments[1], segments[0], *segments[2:]]
    spoilt = {
        "the last is cut off": segments[:-1],
        "the first is cut off": segments[1:],
        "one in the middle is missing": [segments[0], *segments[2:]],
        "the last is cut short": [*segments[:-1], segments[-1][:-1]],
        "one in the middle is cut short": [segments[0], segments[1][:-1], *segments[2:]],
        "two are swapped": swapped,
        "one comes twice": [segments[0], *segments],
        "the last comes twice": [*segments, segments[-1]],
        "one is another file's": [segments[0], others[1], *segments[2:]],
        "all are another file's": others,
        "none is left": [],
        "one is nothing": [segments[0], b"", *segments[2:]],
    }
    assert [what for what, parts in spoilt.items() if not refused(start, parts)] == []
    assert refused(other_start, segments)
    assert opened(KEY, PLACE, start, segments) == CONTENT


@BOTH_SUITES
def test_every_flipped_byte_of_start_and_segments_shows(suite):
    start, segments = taken(CONTENT[:40], suite)
    (segment,) = segments
    for at in range(len(start)):
        assert refused(start[:at] + bytes((start[at] ^ 1,)) + start[at + 1 :], segments), at
    for at in range(len(segment)):
        assert refused(start, [segment[:at] + bytes((segment[at] ^ 1,)) + segment[at + 1 :]]), at
    for length in (0, 83, 85):
        assert refused((start + b"x")[:length], segments)
    assert refused(None, segments)


@BOTH_SUITES
def test_a_file_opens_only_where_it_lives_and_under_its_key(suite):
    """S-03."""
    start, segments = taken(CONTENT, suite)
    elsewhere = {"table": "handout", "column": "pdf", "row_id": UUID(int=3), "child_id": UUID(int=4)}
    elsewhere |= {"content_version": 2, "schema_version": 2}
    for name, value in elsewhere.items():
        assert refused(start, segments, place=PLACE._replace(**{name: value})), name
    assert refused(start, segments, key=new_key(KEY.id))
    assert refused(start, segments, key=new_key(UUID(int=8)))


@BOTH_SUITES
def test_an_envelope_of_a_record_is_not_one_of_a_file(suite):
    record = seal(KEY, PLACE, b"words", suite)
    assert refused(record[:84], [record[84:]])
    assert refused(b"TA" + record[2:84], [record[84:]])
    start, segments = taken(b"words", suite)
    with pytest.raises(IntegrityError):
        open_sealed(KEY, PLACE, b"TX" + start[2:] + segments[0])

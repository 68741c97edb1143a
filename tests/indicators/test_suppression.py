"""What small counts, totals and two exports side by side may tell: nothing of fewer than k children. S-66."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from mengya_health.indicators.suppression import publishable

K = 5
CELLS = "abcdef"
counts = st.fixed_dictionaries({cell: st.integers(0, 14) for cell in CELLS})


def history_of(tables, k: int = K) -> list[dict]:
    published, seen = {}, []
    for table in tables:
        published = publishable(table, published, k)
        seen.append(published)
    return seen


@given(st.lists(counts, min_size=1, max_size=6))
def test_every_figure_and_every_difference_of_two_exports_is_a_multiple_of_k(tables):
    seen = [{}, *history_of(tables)]
    for number, later in enumerate(seen):
        for earlier in seen[:number]:
            for cell in CELLS:
                difference = abs(later.get(cell, 0) - earlier.get(cell, 0))
                assert difference % K == 0


def test_whatever_the_small_cells_hold_the_same_is_published_totals_included():
    """Brute force over every table of four cells: nothing published can be solved for what is left out."""
    k = 3
    published = {}
    for table in product(range(2 * k), repeat=4):
        figures = publishable(dict(zip(CELLS, table, strict=False)), {}, k)
        shown = tuple(count if count >= k else None for count in table)
        rows = (sum(figures.get(cell, 0) for cell in pair) for pair in ("ab", "cd", "ac", "bd", "abcd"))
        published.setdefault(shown, set()).add((tuple(sorted(figures.items())), *rows))
    assert all(len(each) == 1 for each in published.values())
    assert len(published) == (k + 1) ** 4


@given(counts, counts, st.sampled_from(CELLS), st.integers(1 - K, K - 1))
def test_fewer_than_k_children_who_come_or_go_after_an_export_do_not_show(before, now, cell, moved):
    *_, published = history_of([before, now])
    if published.get(cell, 0) == now[cell]:  # just published as it is
        changed = now | {cell: max(0, now[cell] + moved)}
        assert publishable(changed, published, K) == publishable(now, published, K) == published


@given(st.lists(counts, min_size=1, max_size=5))
def test_figures_for_outside_follow_from_those_for_inside(tables):
    """Whoever holds both exports learns no more than from the inside ones; their figures are larger."""
    inside = history_of(tables)
    for outside in history_of(inside, 20):
        assert all(figure % 20 == 0 for figure in outside.values())


def test_the_plain_cases():
    assert publishable({"a": 4, "b": 9}, {}, K) == {"b": 5}
    assert publishable({"b": 4}, {"b": 5}, K) == {"b": 5}
    assert publishable({"b": 9}, {"b": 5}, K) == {"b": 5}
    assert publishable({"b": 10}, {"b": 5}, K) == {"b": 10}
    assert publishable({}, {"b": 5}, K) == {}
    assert publishable({"b": 4}, {"b": 10}, K) == {}


@given(st.lists(counts, min_size=1, max_size=6))
def test_a_figure_is_less_than_k_away_from_the_truth(tables):
    for table, figures in zip(tables, history_of(tables), strict=True):
        assert all(abs(count - figures.get(cell, 0)) < K for cell, count in table.items())

"""python -m tests.bench [--growth | --connections | --events N | --clinic N]: the CPU time of requests by the bounds.

With --growth only growth is measured; with --connections only what sixteen at once get through; with --events only a
history of so many events is verified; with --clinic only the lists of a clinic of so many children are timed (making
5,000 takes minutes); without any, one history of a hundred thousand events beside the rest.
"""

from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from mengya_health.serving import spare_the_collector
from tests.bench import due, history, opening
from tests.bench.bounds import bare_app
from tests.bench.connections import print_connections
from tests.bench.growth import print_growth
from tests.bench.measure import Comparison, Request, cpu_ms, request_to
from tests.bench.sign_in import print_sign_in

FEW_EVENTS = 100_000


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--events", type=int, help="verify a history of so many events, and nothing else")
    parser.add_argument("--growth", action="store_true", help="measure growth, and nothing else")
    parser.add_argument("--connections", action="store_true", help="ask over sixteen connections, and nothing else")
    parser.add_argument("--clinic", type=int, help="time the lists of a clinic of so many children, and nothing else")
    wanted = parser.parse_args()
    if wanted.clinic:
        with TemporaryDirectory() as folder:
            for line in due.lines(Path(folder), wanted.clinic):
                print(line, flush=True)
        return
    if wanted.connections:
        with TemporaryDirectory() as folder:
            print_connections(Path(folder))
        return
    if not wanted.events and not wanted.growth:
        _print_requests()
    with TemporaryDirectory() as folder:
        if not wanted.events:
            print_growth(Path(folder))
        if not wanted.growth:
            print(history.line(history.measure(Path(folder), wanted.events or FEW_EVENTS)))


def _print_requests() -> None:
    with TemporaryDirectory() as folder:
        bounds = _bounds(Path(folder))
        compared = _compared(Path(folder))
        spare_the_collector()  # as the processes that serve do
        measured = cpu_ms(bounds | {comparison.name: comparison.request for comparison in compared})
        _print_compared(bounds, compared, measured)
        print("", *opening.lines(Path(folder) / "opening"), "", sep="\n")
        print_sign_in(Path(folder))
        print_connections(Path(folder))


def _print_compared(bounds: dict, compared: list[Comparison], measured: dict[str, float]) -> None:
    print("CPU milliseconds per request, one connection, lowest of three rounds\n")
    for name in bounds:
        print(f"{name:<44}{measured[name]:>9.2f}")
    print(f"\n{'ours':<44}{'ms':>9}{'bound':>12}{'ms':>9}{'ratio':>8}{'limit':>8}")
    for comparison in compared:
        print(_line(comparison, measured))


def _bounds(folder: Path) -> dict[str, Request]:
    app = bare_app(folder / "bounds.db")
    pages = {name: request_to(app, "GET", f"/{name}") for name in ("hello", "rows20", "enc20", "enc200")}
    return pages | {name: request_to(app, "POST", f"/{name}", expect=204) for name in ("insert", "insert5")}


def _compared(folder: Path) -> list[Comparison]:
    if find_spec("tests.bench.ours") is None:
        return []
    from tests.bench.ours import comparisons

    return comparisons(folder)


def _line(comparison: Comparison, measured: dict[str, float]) -> str:
    ours_ms, bound_ms = measured[comparison.name], measured[comparison.bound]
    ratio = ours_ms / bound_ms
    limit = f"{comparison.limit:>7.1f}×" if comparison.limit else f"{'–':>8}"
    missed = "  missed" if comparison.limit and ratio > comparison.limit else ""
    return f"{comparison.name:<44}{ours_ms:>9.2f}{comparison.bound:>12}{bound_ms:>9.2f}{ratio:>7.1f}×{limit}{missed}"


if __name__ == "__main__":
    main()

"""Pages a second at one connection and at sixteen, ours and the bare app served alike: how much sixteen get through."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mengya_health.app import create_app
from tests.bench.ours import TODAY, as_a_browser, made_in
from tests.bench.served import serving_bound, serving_ours

AT_ONCE = 16
ROUNDS, WARMING, REQUESTS = 3, 60, 400  # in each round ours and the bound, at one connection and at all of them
SECONDS = 15  # whatever was answered by then counts
SHARE = 0.7
SPREAD = 3.0
END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Throughput:
    """What a page got through at so many connections: pages a second, and how long one took in milliseconds."""

    per_second: float
    p50_ms: float
    p95_ms: float


def print_connections(folder: Path) -> None:
    """Print a line for each page, its bound, and the two limits of what sixteen connections get."""
    place = folder / "connections"
    place.mkdir()
    pages = made_in(place)
    ours = {"今日, 20 rows": TODAY, "record, newest 20": f"/children/{pages.known.id}"}
    bound = {"今日, 20 rows": "/rows20", "record, newest 20": "/enc20"}
    doctor = as_a_browser(create_app(pages.installation), pages.doctor)
    with serving_ours(pages.installation) as our_port, serving_bound(place / "bounds.db") as bound_port:
        found = [
            {
                name: (_measured(bound_port, bound[name], "none=needed"), _measured(our_port, path, doctor))
                for name, path in ours.items()
            }
            for _ in range(ROUNDS)
        ]
    head = f"{'1: /s':>9}{f'{AT_ONCE}: /s':>9}{'quotient':>10}{'of bound':>10}{'limit':>7}{'p50 ms':>9}{'p95 ms':>9}"
    print(f"\n{'connections':<28}{head}{'ratio':>7}{'limit':>7}")
    for name in ours:
        bounds, measured = zip(*(each[name] for each in found), strict=True)
        print(_line(f"bound of {name}", *_best(bounds)))
        print(_line(name, *_best(measured), _best(bounds)))


def _best(rounds: Sequence[tuple[Throughput, Throughput]]) -> tuple[Throughput, Throughput]:
    """Return the best of some rounds at one connection and at all: other work on the machine only ever takes away."""
    return tuple(max(each, key=lambda found: found.per_second) for each in zip(*rounds, strict=True))


def _line(name: str, one: Throughput, many: Throughput, bound: tuple[Throughput, Throughput] | None = None) -> str:
    quotient, spread = many.per_second / one.per_second, many.p95_ms / many.p50_ms
    share = quotient / (bound[1].per_second / bound[0].per_second) if bound else 1.0
    missed = [
        text for text, is_missed in (("quotient", share < SHARE), ("p95", spread > SPREAD)) if is_missed and bound
    ]
    of_bound, limits = (
        (f"{share:>9.2f}×", (f"{SHARE:>6.1f}×", f"{SPREAD:>6.1f}×")) if bound else (f"{'':>10}", ("", ""))
    )
    rates = f"{one.per_second:>9.0f}{many.per_second:>9.0f}{quotient:>9.2f}×{of_bound}{limits[0]:>7}"
    tail = f"{many.p50_ms:>9.1f}{many.p95_ms:>9.1f}{spread:>6.1f}×{limits[1]:>7}"
    return f"{name:<28}{rates}{tail}{'  missed: ' + ', '.join(missed) if missed else ''}"


def _measured(port: int, path: str, cookie: str) -> tuple[Throughput, Throughput]:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    asyncio.run(_load(port, request, AT_ONCE, WARMING))
    return asyncio.run(_load(port, request, 1, REQUESTS)), asyncio.run(_load(port, request, AT_ONCE, REQUESTS))


async def _load(port: int, request: bytes, connections: int, number: int) -> Throughput:
    """Send a request again and again over so many connections, each its next when it has been answered."""
    taken_ms: list[float] = []
    until = time.perf_counter() + SECONDS

    def goes_on() -> bool:
        return len(taken_ms) < number and time.perf_counter() < until

    begun = time.perf_counter()
    await asyncio.gather(*(_ask(port, request, goes_on, taken_ms) for _ in range(connections)))
    passed_s = time.perf_counter() - begun
    taken_ms.sort()
    return Throughput(
        len(taken_ms) / passed_s, taken_ms[len(taken_ms) // 2], taken_ms[min(int(len(taken_ms) * 0.95), number - 1)]
    )


async def _ask(port: int, request: bytes, goes_on: Callable[[], bool], taken_ms: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while goes_on():
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(END_OF_HEAD)
        await reader.readexactly(_length(head))
        taken_ms.append((time.perf_counter() - begun) * 1000)
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise AssertionError(head.partition(b"\r\n")[0].decode())
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def _length(head: bytes) -> int:
    name = b"content-length:"
    line = next(line for line in head.lower().split(b"\r\n") if line.startswith(name))
    return int(line.removeprefix(name))

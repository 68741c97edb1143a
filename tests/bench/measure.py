"""CPU time per request, of any WSGI app, at one connection."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from time import process_time_ns
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import EnvironBuilder

FORM = "application/x-www-form-urlencoded"
Request = Callable[[], None]


@dataclass(frozen=True)
class Comparison:
    """One kind of request of ours, the bound it is held to by name, and how many times that it may cost."""

    name: str
    request: Request
    bound: str
    limit: float | None = None


def request_to(
    app: Flask, method: str, path: str, *, form: Callable[[], dict] | None = None, expect: int = 200, **headers: str
) -> Request:
    """Return a call that sends one request to `app` and reads the whole answer.

    The app is called as a server calls it, with an environment built beforehand: the test client would add its own
    0.2 ms to both sides and so hide a difference. `form` makes the fields anew for each request; `headers` take `_`
    for `-`. The call raises AssertionError where the answer's status is not `expect`.
    """
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    prepared = EnvironBuilder(path=path, method=method, headers=sent, base_url="http://localhost/").get_environ()

    def send() -> None:
        environ = dict(prepared)
        if form:
            body = urlencode(form(), doseq=True).encode()
            environ |= {"CONTENT_TYPE": FORM, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
        answered = []
        answer = app.wsgi_app(environ, lambda status, _headers, _error=None: answered.append(status))
        b"".join(answer)
        answer.close()
        if not answered[0].startswith(str(expect)):
            raise AssertionError(f"{method} {path} answered {answered[0]}, not {expect}")

    return send


def cpu_ms(requests: dict[str, Request], *, rounds: int = 3, count: int = 200) -> dict[str, float]:
    """Return the CPU milliseconds one request takes, the lowest of the rounds; in each round every kind has its turn.

    The lowest, because other work on the machine only ever adds; all kinds in each round, so that a slow spell of the
    machine falls on both sides of a ratio. Time waiting for the disk is not CPU time and does not count.
    """
    lowest = dict.fromkeys(requests, float("inf"))
    for request in requests.values():
        _time_ms(request, count // 10)
    for _ in range(rounds):
        for name, request in requests.items():
            lowest[name] = min(lowest[name], _time_ms(request, count))
    return lowest


def _time_ms(request: Request, count: int) -> float:
    start_ns = process_time_ns()
    for _ in range(count):
        request()
    return (process_time_ns() - start_ns) / count / 1_000_000

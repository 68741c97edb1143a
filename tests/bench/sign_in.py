"""What a sign-in costs, and what sixteen at once cost everybody else, served as `mengya serve` does it."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from mengya_health.app import create_app
from mengya_health.crypto.passwords import Passwords
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, open_installation
from mengya_health.people import accounts
from mengya_health.people.sessions import open_session
from tests.bench.measure import cpu_ms
from tests.bench.ours import post_form
from tests.bench.served import serving_ours
from tests.conftest import CHEAP, CHEAP_HASHES, PASSPHRASE, settings_in
from tests.factories import PASSWORD, a_district, an_account

AT_ONCE = 16
EACH = 3  # sign-ins of each of them, one after the other
SAMPLES = 150
HASH_MS = (100, 250)
REST_MS = 5
SLOWER = 5
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def print_sign_in(folder: Path) -> None:
    """Print a line for each limit: one hash, everything else of a sign-in, the other pages while sixteen come in."""
    installation = _installation(folder)
    hash_ms, rest_ms = _of_one_sign_in(installation)
    print(f"\n{'sign-in':<44}{'ms':>9}{'limit':>12}")
    print(_line("one Argon2id", hash_ms, f"{HASH_MS[0]}–{HASH_MS[1]}", not HASH_MS[0] <= hash_ms <= HASH_MS[1]))
    print(_line("everything else, CPU", rest_ms, f"{REST_MS}", rest_ms > REST_MS))
    idle_ms, busy_ms, refused = _while_many_come_in(installation)
    print(_line("今日, p95 when nobody signs in", idle_ms, "–", False))
    print(_line(f"今日, p95 while {AT_ONCE} sign in at once", busy_ms, f"{SLOWER}×", busy_ms > SLOWER * idle_ms))
    print(f"{'':<44}{busy_ms / idle_ms:>8.1f}×")
    print(f"{f'of {AT_ONCE * EACH} sign-ins told to come again (503)':<44}{refused:>9}")


def _line(name: str, measured_ms: float, limit: str, is_missed: bool) -> str:
    return f"{name:<44}{measured_ms:>9.2f}{limit:>12}{'  missed' if is_missed else ''}"


def _installation(folder: Path) -> Installation:
    place = folder / "sign_in"
    place.mkdir()
    settings = settings_in(place)
    initialise(settings, PASSPHRASE, now=datetime.now(UTC), cost=CHEAP, environ={})
    installation = open_installation(settings, environ={})
    district = a_district(replace(installation, passwords=Passwords(CHEAP_HASHES)))
    with begin_work(installation, district.sysadmin) as work:
        for number in range(AT_ONCE):
            user = an_account(work, login=f"doctor{number}")
            accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
        cheap = an_account(work, login="cheap")
        cheap.password_hash = Passwords(CHEAP_HASHES).hash(PASSWORD)
    with begin_work(installation, None) as work:
        (place / "cookie").write_text(f"txs={open_session(work, district.doctor.user_id, 'password')}")
    return installation


def _of_one_sign_in(installation: Installation) -> tuple[float, float]:
    """Return the milliseconds of one hash, and of all the rest: a sign-in whose hash costs next to nothing."""
    passwords = Passwords()
    stored = passwords.hash(PASSWORD)
    hash_ms = cpu_ms({"hash": lambda: passwords.verify(stored, PASSWORD)}, count=10)["hash"]
    app = create_app(replace(installation, passwords=Passwords(CHEAP_HASHES)))
    send = post_form(app, "/sign-in", "none=yet", login="cheap", password=PASSWORD)
    return hash_ms, cpu_ms({"rest": send}, count=60)["rest"]


def _while_many_come_in(installation: Installation) -> tuple[float, float, int]:
    cookie = (installation.settings.data_dir.parent / "cookie").read_text()
    with serving_ours(installation) as port:
        idle = _p95(lambda: _get(port, "/today", cookie), lambda count: count < SAMPLES)
        refused: list[int] = []
        coming = [threading.Thread(target=_come_in, args=(port, number, refused)) for number in range(AT_ONCE)]
        for each in coming:
            each.start()
        busy = _p95(lambda: _get(port, "/today", cookie), lambda _count: any(each.is_alive() for each in coming))
        return idle, busy, len(refused)


def _p95(act: Callable[[], None], goes_on: Callable[[int], bool]) -> float:
    taken: list[float] = []
    while goes_on(len(taken)):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.01)
    return sorted(taken)[int(len(taken) * 0.95)]


def _get(port: int, path: str, cookie: str) -> tuple[str, str]:
    """Return a page and the cookie that came with it."""
    asked = HTTPConnection("127.0.0.1", port, timeout=60)
    asked.request("GET", path, headers={"Cookie": cookie})
    answer = asked.getresponse()
    page = answer.read().decode()
    asked.close()
    if answer.status != 200:
        raise AssertionError(f"GET {path} answered {answer.status}")
    return page, (answer.getheader("Set-Cookie") or "").partition(";")[0]


def _come_in(port: int, number: int, refused: list[int]) -> None:
    page, cookie = _get(port, "/sign-in", "none=yet")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    body = urlencode({"csrf_token": token, "login": f"doctor{number}", "password": PASSWORD, "next": ""})
    for _ in range(EACH):
        asked = HTTPConnection("127.0.0.1", port, timeout=60)
        asked.request("POST", "/sign-in", body, FORM | {"Cookie": cookie})
        status = asked.getresponse().status
        asked.close()
        if status != 303:
            refused.append(status)

"""Passwords and signing PINs: hashed with Argon2id, one at a time, and refused where they are easily guessed."""

import fcntl
import gzip
import re
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import IO

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mengya_health.errors import Invalid, Unavailable

STAFF_LENGTH, GUARDIAN_LENGTH, MOST_CHARACTERS = 12, 8, 128
KINDS_OF_CHARACTERS = 3  # under the profile dengbao3
CONTEXT_WORDS = ("童馨", "tongxin", "mengya")
ASK_AGAIN_S = 0.005
_COMMON_FILE = Path(__file__).parent / "common_passwords.txt.gz"
_RUNS = ("01234567890", "09876543210")


@dataclass(frozen=True)
class HashCost:
    """What one hash costs. The default took 103 ms where it was chosen."""

    time_cost: int = 2
    memory_kib: int = 64 * 1024
    lanes: int = 1


@dataclass(frozen=True)
class Verified:
    """The answer to one try: whether it fits, and whether the stored hash should be made anew at today's cost."""

    ok: bool
    needs_rehash: bool = False


class Passwords:
    """Hashes and verifies. Each hash takes 64 MiB and a core, so only one runs; others wait in line.

    With a `turn_file` the line is one for all processes of the machine, or as many sign-ins as there are web processes
    would take every core from the pages; without one it is one for each process.
    """

    def __init__(
        self, cost: HashCost = HashCost(), *, longest_wait_s: float = 10, turn_file: Path | None = None
    ) -> None:
        self._hasher = PasswordHasher(cost.time_cost, cost.memory_kib, cost.lanes)
        self._longest_wait_s = longest_wait_s
        self._turn_file = turn_file
        self._turn = threading.Lock()
        self._others_first_until = 0.0

    def hash(self, secret: str) -> str:
        """Return the hash to store, its parameters in it; raises Unavailable when the line is too long."""
        with self._one_at_a_time():
            return self._hasher.hash(_typed(secret))

    def verify(self, stored: str, secret: str) -> Verified:
        """Return whether a password or PIN fits its stored hash; raises Unavailable when the line is too long."""
        with self._one_at_a_time():
            try:
                self._hasher.verify(stored, _typed(secret))
            except (VerificationError, InvalidHashError):
                return Verified(ok=False)
        return Verified(ok=True, needs_rehash=self._hasher.check_needs_rehash(stored))

    def verify_nothing(self, secret: str) -> None:
        """Do the work of one verification, so that an unknown account answers no sooner than a known one."""
        self.hash(secret)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        until = time.monotonic() + self._longest_wait_s
        if not self._turn.acquire(timeout=self._longest_wait_s):
            raise Unavailable
        try:
            with self._turn_among_processes(until):
                yield
        finally:
            self._turn.release()

    @contextmanager
    def _turn_among_processes(self, until: float) -> Iterator[None]:
        """Hold the lock on the file; whoever dies holding it, the kernel lets go for them."""
        if self._turn_file is None:
            yield
            return
        if time.monotonic() < self._others_first_until:
            time.sleep(2 * ASK_AGAIN_S)
        with self._turn_file.open("w") as turn:  # opened anew each time: a forked copy would share the lock
            while not _is_locked(turn):
                if time.monotonic() >= until:
                    raise Unavailable
                time.sleep(ASK_AGAIN_S)
            try:
                yield
            finally:
                # The next of our own line leaves room, or another process would ask in vain again and again.
                self._others_first_until = time.monotonic() + 2 * ASK_AGAIN_S


def check_password(secret: str, *, is_staff: bool, context_words: Iterable[str] = (), profile: str = "default") -> None:
    """Raise Invalid(fields password) for a password that is too short, too long or among the first to be tried.

    `context_words`: the organisation's name, the person's own name and sign-in name. Composition is asked for by the
    profile `dengbao3` only (GB/T 22239—2019, 8.1.4.1 a); the default follows ASVS 5.0 V6.2.5, which forbids it.
    """
    shortest = STAFF_LENGTH if is_staff else GUARDIAN_LENGTH
    if not shortest <= len(secret) <= MOST_CHARACTERS:
        raise _refused("password", f"密码要 {shortest} 到 {MOST_CHARACTERS} 个字。可以用几个词连成一句。")
    if profile == "dengbao3" and _kinds_of_characters(secret) < KINDS_OF_CHARACTERS:
        raise _refused(
            "password", f"密码里大写字母、小写字母、数字、其他字符（汉字也算）要有 {KINDS_OF_CHARACTERS} 种。"
        )
    plain = _typed(secret).casefold()
    if plain in common_passwords() or _is_pattern(plain):
        raise _refused("password", "这个密码太常见，很容易被猜到。请换一个，可以用几个词连成一句。")
    if _is_only_context(plain, (*CONTEXT_WORDS, *context_words)):
        raise _refused("password", "密码不要只由机构名、姓名、账号和数字组成，请换一个。")


def check_pin(pin: str, birth_dates: Iterable[date] = ()) -> None:
    """Raise Invalid(fields pin) unless a signing PIN is six digits, no run, no repeat and no date."""
    if not re.fullmatch(r"[0-9]{6}", pin):
        raise _refused("pin", "签署密码要 6 位数字。")
    halves_repeat = pin[:3] == pin[3:] or pin[:2] == pin[2:4] == pin[4:]
    if len(set(pin)) < 3 or halves_repeat or any(pin in run for run in _RUNS):
        raise _refused("pin", "签署密码不要用连号或重复的数字，请换一个。")
    if _is_short_date(pin) or any(pin in _ways_to_type(born) for born in birth_dates):
        raise _refused("pin", "签署密码不要用生日或别的日期，请换一个。")


@cache
def common_passwords() -> frozenset[str]:
    """Return the offline list of common passwords, small letters; where it comes from stands at its top."""
    with gzip.open(_COMMON_FILE, "rt", encoding="utf-8") as lines:
        return frozenset(line.rstrip("\n") for line in lines if not line.startswith("# "))


def _is_locked(file: IO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _typed(secret: str) -> str:
    # Keyboards differ in how they compose the same character.
    return unicodedata.normalize("NFKC", secret)


def _kinds_of_characters(secret: str) -> int:
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
    return sum(re.search(kind, secret) is not None for kind in kinds)


def _is_pattern(plain: str) -> bool:
    """A few characters again and again, or one long run along the number row or the alphabet."""
    steps = {ord(after) - ord(before) for before, after in zip(plain, plain[1:], strict=False)}
    return (
        len(set(plain)) < 4 or steps <= {1, -9} or steps <= {-1, 9} or re.fullmatch(r"(.{1,6}?)\1+", plain) is not None
    )


def _is_only_context(plain: str, words: Iterable[str]) -> bool:
    rest = plain
    for word in sorted(filter(None, map(_typed, words)), key=len, reverse=True):
        rest = rest.replace(word.casefold(), "")
    return rest != plain and len(re.sub(r"[\W\d_]", "", rest)) < 4


def _is_short_date(pin: str) -> bool:
    try:
        date(2000 + int(pin[:2]), int(pin[2:4]), int(pin[4:]))
    except ValueError:
        return False
    return True


def _ways_to_type(born: date) -> set[str]:
    return {born.strftime(pattern) for pattern in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m")}


def _refused(field: str, message: str) -> Invalid:
    return Invalid(fields={field: [message]})

"""TXJSON: one sequence of bytes for each value, so that it can be committed to, chained and signed.

UTF-8 JSON; keys of a–z, 0–9 and `_`, sorted; no spaces; NFC text; whole numbers only (a decimal is a string, "98.5").
"""

import json
import unicodedata
from typing import Any

from mengya_health.crypto.suites import Suite
from mengya_health.errors import IntegrityError, Invalid

_KEY_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_LARGEST_WHOLE_NUMBER = 2**53 - 1  # what every JSON reader keeps exactly


class NotCanonical(Invalid):
    """A value that has no TXJSON form."""

    zh = "内容里有不能保存的数字或字符。"
    en = "A number or character here cannot be stored."


def txjson(value: Any) -> bytes:
    """Return the canonical bytes of a value; raises NotCanonical."""
    _check(value)
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:  # a lone surrogate
        raise NotCanonical from error


def read_txjson(canonical: bytes, *, is_known: bool = False) -> Any:
    """Return the value of stored canonical bytes; raises IntegrityError for a doubled key, a fraction, or no JSON.

    `is_known`: these very bytes were read before, and are only taken apart.
    """
    try:
        text = canonical.decode()
        value, end = (_PLAIN if is_known else _DECODER).raw_decode(text)
    except ValueError as error:
        raise IntegrityError from error
    if end != len(text):
        raise IntegrityError
    return value


def commitment(salt: bytes, canonical: bytes, suite: Suite) -> bytes:
    """Return what the history keeps of a content: 32 bytes that cannot be tested against a guess without the salt."""
    return suite.digest(b"txda/commit/1\0" + salt + canonical)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise IntegrityError
    return value


def _refuse(number: str) -> None:
    raise IntegrityError


def _check(value: Any) -> None:
    match value:
        case None | bool():
            return
        case int():
            fits = abs(value) <= _LARGEST_WHOLE_NUMBER
        case str():
            fits = unicodedata.is_normalized("NFC", value)
        case dict():
            fits = all(isinstance(key, str) and key and _KEY_CHARACTERS.issuperset(key) for key in value)
            for item in value.values():
                _check(item)
        case list() | tuple():
            fits = True
            for item in value:
                _check(item)
        case _:
            fits = False
    if not fits:
        raise NotCanonical


# Made once: json.loads would build one for each of the hundreds of revisions on a page.
_PLAIN = json.JSONDecoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)

"""The marks between the parts of a line, in the reader's language: 甲、乙（丙）；丁 or A, B (C); D."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _

from mengya_health.locale import language

_LISTING, _PAUSE, _COMMA, _COLON, _STOP = _("、"), _("；"), _("，"), _("："), _("。")
_OPENING, _CLOSING, _TO = _("（"), _("）"), _(" ～ ")

_SAID: dict[tuple[int, str], str] = {}


def said(word) -> str:
    """Return a word of the tables in the reader's language. Kept by language: a record asks for hundreds of them."""
    key = (id(word), language())
    if key not in _SAID:
        _SAID[key] = str(word)
    return _SAID[key]


def enumerated(parts: Iterable) -> str:
    """Return 甲、乙、丙, with the marks of the reader's language here and below."""
    return said(_LISTING).join(map(str, parts))


def joined(parts: Iterable) -> str:
    """Return 甲；乙；丙."""
    return said(_PAUSE).join(map(str, parts))


def in_a_row(parts: Iterable) -> str:
    """Return 甲，乙，丙."""
    return said(_COMMA).join(map(str, parts))


def with_colons(parts: Iterable) -> str:
    """Return 甲：乙."""
    return said(_COLON).join(map(str, parts))


def labelled(label, text) -> str:
    """Return 甲：乙 for a label and what it stands for."""
    return f"{label}{said(_COLON)}{text}"


def bracketed(text, note) -> str:
    """Return 甲（乙）."""
    return f"{text}{said(_OPENING)}{note}{said(_CLOSING)}"


def span(first, last) -> str:
    """Return 甲 ～ 乙."""
    return f"{first}{said(_TO)}{last}"


def sentences(parts: Iterable) -> str:
    """Return sentences, or words, one after the other: English ones with a blank between."""
    return (" " if language() == "en" else "").join(filter(None, map(str, parts)))


def sentence(text) -> str:
    """Return a text with the stop that ends a sentence."""
    return f"{text}{said(_STOP)}"

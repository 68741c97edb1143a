"""Blind indexes: keyed tags that find a row by an exact value without the value lying in the database.

Normalising is for the index only; what is stored keeps its characters. Name and initials collide on purpose (9 bits):
whoever searches opens the few candidates and compares.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from itertools import islice, product
from uuid import UUID

from mengya_health.crypto.envelope import Key
from mengya_health.crypto.suites import Suite
from mengya_health.errors import Invalid

_DEPLOYMENT = "deployment"
_EXACT_BITS = 128
_NAME_BITS = 9  # some four children to a bucket in a clinic of 2,000
_MOST_READINGS = 16  # of one name; three polyphonic characters seldom give more

_ID_NUMBER = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]", re.ASCII)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643—1999, appendix A
_ID_CHECK_DIGITS = "10X98765432"
_PHONE_PUNCTUATION = re.compile(r"[\s\-‐-―().]")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_NAME_DOTS = re.compile(r"[\s·•‧・･⋅∙]")


class BlindIndex:
    """The index values of one deployment under one version of its index key."""

    def __init__(self, key: Key, version: int, suite: Suite) -> None:
        self.version = version
        self._key, self._suite = key, suite
        self._subkeys: dict[str, Key] = {}

    def id_number(self, text: str) -> bytes:
        """Return the 16-byte tag of a 身份证号, the same in every organisation; raises Invalid."""
        return self._tag("child|id_no", _DEPLOYMENT, normal_id_number(text), _EXACT_BITS)

    def phone(self, text: str, organisation_id: UUID) -> bytes:
        """Return the 16-byte tag of a phone number within an organisation; raises Invalid."""
        return self._tag("person|phone", str(organisation_id), normal_phone(text), _EXACT_BITS)

    def clinic_number(self, text: str, organisation_id: UUID) -> bytes:
        """Return the 16-byte tag of the number a clinic gave a child itself, within that clinic."""
        return self._tag("child|clinic_no", str(organisation_id), unicodedata.normalize("NFKC", text), _EXACT_BITS)

    def login(self, text: str) -> bytes:
        """Return the 16-byte tag of a sign-in name, any case and width."""
        return self._tag("user|login", _DEPLOYMENT, unicodedata.normalize("NFKC", text).strip().casefold(), _EXACT_BITS)

    def name(self, text: str, organisation_id: UUID) -> bytes:
        """Return the 2-byte tag (9 bits) of a child's name within an organisation."""
        return self._tag("child|name", str(organisation_id), normal_name(text), _NAME_BITS)

    def initials(self, name: str, organisation_id: UUID) -> list[bytes]:
        """Return the 2-byte tags (9 bits) of a name's pinyin initials, one for each way it may be read."""
        tags = {self.typed_initials(letters, organisation_id) for letters in initials_of(name)}
        return sorted(tags)

    def typed_initials(self, letters: str, organisation_id: UUID) -> bytes:
        """Return the 2-byte tag of initials somebody typed to search by."""
        return self._tag("child|initials", str(organisation_id), normal_initials(letters), _NAME_BITS)

    def _tag(self, column: str, scope: str, value: str, bits: int) -> bytes:
        info = f"txda/bidx/1|{column}|{scope}|{self.version}"
        if info not in self._subkeys:
            self._subkeys[info] = self._key.subkey(info, self._suite)
        return first_bits(self._subkeys[info].mac(value.encode(), self._suite), bits)


def first_bits(tag: bytes, bits: int) -> bytes:
    """Return the first bits of a tag in as few bytes as hold them, the rest of the last byte zero."""
    length = -(-bits // 8)
    spare = length * 8 - bits
    return (int.from_bytes(tag[:length]) >> spare << spare).to_bytes(length)


def normal_id_number(text: str) -> str:
    """Return an 18-digit 身份证号 with a capital X; raises Invalid unless date and check digit are right.

    Source: GB 11643—1999, ISO 7064 MOD 11-2.
    """
    number = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    match = _ID_NUMBER.fullmatch(number)
    if not match or not _is_date(*map(int, match.groups())):
        raise _wrong("id_no", "身份证号应为 18 位，请对照证件再看一遍。")
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number[:17], strict=True))
    if _ID_CHECK_DIGITS[total % 11] != number[17]:
        raise _wrong("id_no", "身份证号的校验位不对，请对照证件再看一遍。")
    return number


def normal_phone(text: str) -> str:
    """Return a phone number as its E.164 digits, 86 before it when no country is given; raises Invalid."""
    typed = _PHONE_PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    if typed.startswith(("+", "00")):
        number = typed.removeprefix("+").removeprefix("00")
    elif _MOBILE.fullmatch(typed.removeprefix("86")):
        number = "86" + typed.removeprefix("86")
    else:
        number = "86" + typed.removeprefix("0")
    if not re.fullmatch(r"[1-9][0-9]{7,14}", number):
        raise _wrong("phone", "电话号码写得不对，请写手机号，或带区号的座机号。")
    return number


def normal_name(text: str) -> str:
    """Return a name in NFKC, without spaces and the dots between parts of a name."""
    # Taking a dot away may bring two characters together that compose.
    return unicodedata.normalize("NFKC", _NAME_DOTS.sub("", unicodedata.normalize("NFKC", text)))


def normal_initials(text: str) -> str:
    """Return the letters a–z of a text, small."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if "a" <= letter <= "z")


def initials_of(name: str) -> list[str]:
    """Return the pinyin initials of a name: one text for each way of reading its characters, 16 at most."""
    letters = [_first_letters(character) for character in normal_name(name)]
    readings = product(*(choice for choice in letters if choice))
    return list(dict.fromkeys("".join(reading) for reading in islice(readings, _MOST_READINGS)))


@lru_cache(maxsize=4096)
def _first_letters(character: str) -> tuple[str, ...]:
    """Return the first letters of a character's readings, the commonest first; nothing where it has none."""
    # Loading the dictionaries takes a fifth of a second, and only writing and searching names needs them.
    from pypinyin import Style, pinyin

    readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    firsts = (normal_initials(reading)[:1] for reading in readings)
    return tuple(dict.fromkeys(filter(None, firsts)))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(fields={field: [message]})

"""Form fields shared by every schema: what a person typed becomes a plain value, or a message beside the field.

Nothing is changed silently. What an input method makes of a number (full-width digits, `。` and `．` for the point)
counts as that number; text becomes NFC and loses the blanks around it; all else is refused with a sentence that says
what to do.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

from mengya_health.content.typed_numbers import Range, likely
from mengya_health.crypto.blind_index import normal_id_number
from mengya_health.errors import Invalid, Malformed

# Fields that the door puts into every form and has looked at before a schema sees the rest; those of drafts last.
DOOR_FIELDS = frozenset({"csrf_token", "idem_key", "draft", "draft_step", "draft_seen", "draft_field"})

# How the names of fields begin that no page, no draft and no log may carry.
SECRETS = ("pin", "password", "old_password", "passkey")

# What the button beside a guess sends, before the name of its field.
TAKE = "take_"

NEEDED = "请填这一项。 Please fill this in."
WHOLE = "要填整数，单位已经写在旁边。", "A whole number in the unit beside it."
_NOT_TEXT = "这里要填文字。 This must be text."

_TYPED = str.maketrans("０１２３４５６７８９。．－＋Ｘｘ　／", "0123456789..-+Xx /")
_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
_SIGNED = re.compile(rf"[+-]?{_DECIMAL.pattern}")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
EMAIL_LONGEST = 120
_REFUSED_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def as_typed(text: str) -> str:
    """Return digits, points and signs in their ASCII form, without blanks around them."""
    return text.translate(_TYPED).strip()


def unacceptable_characters(text: str, *, lines: bool = False) -> list[str]:
    """Return the characters that no text may hold: control, bidi and half characters. `lines` allows line breaks."""
    allowed = "\n" if lines else ""
    return [
        each
        for each in text
        if each not in allowed and (each in _BIDI or unicodedata.category(each) in _REFUSED_CATEGORIES)
    ]


def is_id_number(text: str) -> bool:
    """Return whether a text is a 身份证号: its check character is right and its birth date exists (GB 11643—1999)."""
    try:
        normal_id_number(text)
    except Invalid:
        return False
    return True


def birth_on_of(id_number: str) -> date:
    """Return the birth date inside a 身份证号."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def is_phone(text: str) -> bool:
    """Return whether a text is a mobile number of 11 digits, or a landline with its area code."""
    return bool(_MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text))


def is_mobile(text: str) -> bool:
    """Return whether a text is a mobile number: what a text message can be sent to."""
    return bool(_MOBILE.fullmatch(text))


class _Field(fields.Field):
    default_error_messages = {
        "required": NEEDED,
        "null": NEEDED,
        "validator_failed": "请改一下这一项。 Please change this.",
    }


class PlainText(_Field):
    """A text of at most `longest` characters, in NFC. `lines` allows line breaks."""

    def __init__(self, *, longest: int, lines: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.longest, self.lines = longest, lines

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        if not isinstance(value, str):
            raise ValidationError(_NOT_TEXT)
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if unacceptable_characters(text, lines=self.lines):
            raise ValidationError(
                "有看不见的控制字符，请删掉重打。 There are invisible characters; please type it again."
            )
        if len(text) > self.longest:
            raise ValidationError(f"最多 {self.longest} 个字。 At most {self.longest} characters.")
        return text


class DecimalText(_Field):
    """A decimal number kept as it was typed ("9.10"), between `low` and `high` (hard limits, both included).

    What cannot stand is refused with a guess at what was meant; `within` says more of what is likely.
    """

    def __init__(
        self, *, low: str, high: str, places: int = 2, unit: str = "", within: Range | None = None, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.places, self.unit = Decimal(low), Decimal(high), places, unit
        self.within = within or Range(low=self.low, high=self.high, places=places)

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        typed = value if isinstance(value, str) else ""
        text = as_typed(typed)
        if not (_SIGNED if self.low < 0 else _DECIMAL).fullmatch(text):
            raise ValidationError(self._asked("要填数字，例如 9.1。", "This must be a number, such as 9.1.", typed))
        if len(text.partition(".")[2]) > self.places:
            zh, en = f"小数最多 {self.places} 位。", f"At most {self.places} decimal places."
            raise ValidationError(self._asked(*((zh, en) if self.places else WHOLE), typed))
        if not self.low <= Decimal(text) <= self.high:
            limits = f"{self.low} 到 {self.high} {self.unit}".rstrip()
            en = f"Between {self.low} and {self.high} {self.unit}".rstrip() + "."
            raise ValidationError(self._asked(f"要在 {limits}之间。", en, typed))
        return text

    def guess(self, typed: str) -> str | None:
        """Return what a refused number was probably meant to be, None where nothing fits."""
        return likely(typed, self.within) if self.low >= 0 else None

    def _asked(self, zh: str, en: str, typed: str) -> str:
        meant = self.guess(typed)
        return f"{zh}是不是 {meant}？ {en}" if meant else f"{zh} {en}"


class WholeNumber(_Field):
    """A whole number between `low` and `high`, both included."""

    def __init__(self, *, low: int, high: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def _deserialize(self, value, attr, data, **kwargs) -> int:
        text = as_typed(str(value))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not self.low <= int(text) <= self.high:
            raise ValidationError(
                f"要填 {self.low} 到 {self.high} 之间的整数。 A whole number from {self.low} to {self.high}."
            )
        return int(text)


class LocalDate(_Field):
    """A day of the calendar: 2026-11-21, 2026/11/21 or 2026年11月21日."""

    def _deserialize(self, value, attr, data, **kwargs) -> date:
        if isinstance(value, date):
            return value
        match = _DATE.fullmatch(as_typed(str(value)))
        try:
            return date(*map(int, match.groups()))
        except (AttributeError, ValueError) as error:
            message = "没有这一天，请按 2026-11-21 这样填。 No such day; write it like 2026-11-21."
            raise ValidationError(message) from error


class IdNumber(_Field):
    """A 身份证号 of 18 characters; a small x counts as X. Source: GB 11643—1999."""

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        if not is_id_number(str(value)):
            raise ValidationError(
                "身份证号不对，请对照证件再看一遍。 Not a valid ID number; check it against the card."
            )
        return normal_id_number(str(value))


class Phone(_Field):
    """A phone number of the mainland: 11 digits, or a landline with its area code."""

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        text = re.sub(r"\s", "", as_typed(str(value))).removeprefix("+86")
        if not is_phone(text):
            raise ValidationError(
                "电话不对：手机 11 位，座机带区号。 Not a phone number: 11 digits, or area code and number."
            )
        return text


class Email(_Field):
    """A mail address of plain ASCII letters, in lower case after the @."""

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        text = str(value).strip()
        if len(text) > EMAIL_LONGEST or not _EMAIL.fullmatch(text):
            raise ValidationError("邮箱不对，要像 name@example.com 这样。 Not a mail address; like name@example.com.")
        local, _at, host = text.partition("@")
        return f"{local}@{host.lower()}"


class Choice(_Field):
    """One of a few words."""

    def __init__(self, *choices: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def _deserialize(self, value, attr, data, **kwargs) -> str:
        if value not in self.choices:
            raise ValidationError("请从列出的几项里选一项。 Please choose one of the listed answers.")
        return value


class Ticked(_Field):
    """A box: ticked, or not there at all."""

    def _deserialize(self, value, attr, data, **kwargs) -> bool:
        if value not in ("1", "on", "yes", True):
            raise ValidationError("这个勾选框和页面不一致，请刷新页面。 This box does not match the page; reload it.")
        return True


class Reference(_Field):
    """The id of something chosen on the page."""

    def _deserialize(self, value, attr, data, **kwargs) -> UUID:
        try:
            return value if isinstance(value, UUID) else UUID(value)
        except (AttributeError, TypeError, ValueError) as error:
            raise ValidationError("请从列表里选一项。 Please choose from the list.") from error


class Nonce(_Field):
    """Sixteen random bytes of the page, written as hex, so that what it holds is signed once."""

    def _deserialize(self, value, attr, data, **kwargs) -> bytes:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{32}", value):
            raise ValidationError("请刷新页面再签一次。 Reload the page and sign again.")
        return bytes.fromhex(value)


class Form(Schema):
    """A schema for what a form sends. `load` takes a form or a mapping and returns a plain dict.

    Raises Malformed for unknown or doubled fields, Invalid with a message for each wrong field. A field left blank is
    a field not filled in. What is nested in it is a plain Schema.
    """

    def load(self, sent: Mapping, **kwargs) -> dict:
        single = self._single(sent)
        if set(single) - set(self.fields):
            raise Malformed
        try:
            return super().load(single, **kwargs)
        except ValidationError as error:
            raise Invalid(fields=_flat(error.normalized_messages())) from error

    def readable_part(self, sent: Mapping) -> dict:
        """Return what can be read of a form still being filled in; what is wrong or missing is left out."""
        try:
            return super().load(self._single(sent), partial=True, unknown=EXCLUDE)
        except ValidationError as error:
            return error.valid_data

    def _single(self, sent: Mapping) -> dict:
        sent = with_guess_taken(sent)
        names = [name for name in sent if name not in DOOR_FIELDS]
        if not hasattr(sent, "getlist"):
            return {name: sent[name] for name in names}
        lists = {name for name in names if isinstance(self.fields.get(name), fields.List)}
        if any(len(sent.getlist(name)) > 1 for name in names if name not in lists):
            raise Malformed
        return {name: sent.getlist(name) if name in lists else sent[name] for name in names}

    @pre_load
    def _leave_out_blanks(self, sent: dict, **_) -> dict:
        return {name: value for name, value in sent.items() if not (isinstance(value, str) and not value.strip())}


def with_guess_taken(sent: Mapping) -> Mapping:
    """Return a form in which a guess stands where its button was pressed: `take_weight=9.1` is weight 9.1."""
    taken = {name.removeprefix(TAKE): sent[name] for name in sent if name.startswith(TAKE)}
    if not taken:
        return sent
    kept = sent.copy()
    for name, value in taken.items():
        kept[name] = value
        del kept[TAKE + name]
    return kept


def _flat(messages: dict, prefix: str = "") -> dict[str, list[str]]:
    """Return nested messages as one level: {"goals.0.measure": [...]}."""
    flat: dict[str, list[str]] = {}
    for name, said in messages.items():
        if isinstance(said, dict):
            flat |= _flat(said, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = [str(each) for each in said]
    return flat

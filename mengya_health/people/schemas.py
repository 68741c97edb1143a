"""What comes in about people: children, invitations, passwords, PINs."""

from datetime import date

from marshmallow import ValidationError, post_load, validates_schema

from mengya_health.crypto.passwords import MOST_CHARACTERS
from mengya_health.errors import Invalid
from mengya_health.fields import (
    NEEDED,
    Choice,
    DecimalText,
    Form,
    IdNumber,
    LocalDate,
    Phone,
    PlainText,
    Reference,
    WholeNumber,
    birth_on_of,
)
from mengya_health.growth import ages
from mengya_health.growth.visits import SEXES, UNDETERMINED

OLDEST_YEARS = 7
NAME_LONGEST = 50  # characters, never bytes
RELATIONS = ("mother", "father", "grandparent", "other")
LOGIN_LONGEST = 64


class _ChildSheet(Form):
    """Who a child is, as the clinic writes it down."""

    name = PlainText(longest=NAME_LONGEST, required=True)
    sex = Choice(*SEXES, UNDETERMINED, required=True)
    birth_on = LocalDate(required=True)
    gestational_weeks = WholeNumber(low=22, high=44)
    gestational_days = WholeNumber(low=0, high=6)  # beyond the full weeks
    birth_weight_kg = DecimalText(low="0.3", high="8", places=3, unit="kg", load_default=None)
    id_no = IdNumber(load_default=None)
    allergies = PlainText(longest=200, lines=True, load_default="")
    contact_name = PlainText(longest=NAME_LONGEST, required=True)
    contact_phone = Phone(required=True)
    contact_relation = Choice(*RELATIONS, required=True)

    @validates_schema
    def _id_number_agrees(self, values: dict, **_) -> None:
        id_no, birth_on = values.get("id_no"), values.get("birth_on")
        if id_no and birth_on and birth_on_of(id_no) != birth_on:
            raise ValidationError(
                "身份证号里的出生日期和上面填的不一样，请对照证件。 "
                "The birth date inside the ID number differs from the one above; check the card.",
                "id_no",
            )

    @validates_schema
    def _days_need_weeks(self, values: dict, **_) -> None:
        if values.get("gestational_days") and "gestational_weeks" not in values:
            raise ValidationError(NEEDED, "gestational_weeks")

    @post_load
    def _as_arguments(self, values: dict, **_) -> dict:
        weeks, days = values.pop("gestational_weeks", None), values.pop("gestational_days", 0)
        values["gestational_days"] = None if weeks is None else weeks * 7 + days
        contact = {part: values.pop(f"contact_{part}") for part in ("name", "phone", "relation")}
        return values | {"contacts": [contact]}


class ChildInput(_ChildSheet):
    """A child to register. Loads to keyword arguments of `register_child`."""

    group_id = Reference(load_default=None)


class ChildCorrection(_ChildSheet):
    """A child's sheet corrected, with the version it was opened at. Loads to keyword arguments of `correct_child`."""

    row_version = WholeNumber(low=1, high=10**9, required=True)


class SignInInput(Form):
    """A login and a password."""

    login = PlainText(longest=LOGIN_LONGEST, required=True)
    password = PlainText(longest=MOST_CHARACTERS, required=True)


class NewPassword(Form):
    """A new password, typed twice. How good it is, `crypto.passwords` says when it is set."""

    password = PlainText(longest=MOST_CHARACTERS, required=True)
    password_again = PlainText(longest=MOST_CHARACTERS, required=True)

    @validates_schema
    def _agree(self, values: dict, **_) -> None:
        if {"password", "password_again"} <= set(values) and values["password"] != values["password_again"]:
            raise ValidationError("两次输入的密码不一样。 The two passwords differ.", "password_again")

    @post_load
    def _once(self, values: dict, **_) -> dict:
        values.pop("password_again")
        return values


class PasswordChange(NewPassword):
    """A new password, with the one used so far."""

    old_password = PlainText(longest=MOST_CHARACTERS, required=True)
    code = PlainText(longest=20, load_default="")


class RedeemedCode(Form):
    """An invitation's code with the child's birth date, from somebody who has an account already."""

    code = PlainText(longest=20, required=True)
    birth_on = LocalDate(required=True)


class InvitationInput(NewPassword, RedeemedCode):
    """What somebody invited fills in. Loads to keyword arguments of `redeem_invitation`."""

    name = PlainText(longest=NAME_LONGEST, required=True)
    phone = Phone(required=True)
    relation = Choice(*RELATIONS, required=True)
    login = PlainText(longest=LOGIN_LONGEST, load_default=None)  # the phone number where none is chosen


def require_possible_birth(birth_on: date, today: date) -> None:
    """Raise Invalid for a birth date in the future or more than seven years ago."""
    if birth_on > today:
        message = "出生日期不能晚于今天。 The birth date cannot lie in the future."
    elif birth_on < ages.add_months(today, -12 * OLDEST_YEARS):
        message = "本档案只收七岁以下的孩子，请核对出生日期。 Only children under seven; check the birth date."
    else:
        return
    raise Invalid(fields={"birth_on": [message]})


def require_possible_day(happened_on: date, *, birth_on: date, today: date, field: str) -> None:
    """Raise Invalid for a day before birth or in the future."""
    if happened_on > today:
        message = "日期不能晚于今天。 The date cannot lie in the future."
    elif happened_on < birth_on:
        message = "日期不能早于出生日期。 The date cannot lie before the birth date."
    else:
        return
    raise Invalid(fields={field: [message]})

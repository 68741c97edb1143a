"""What the forms about children send."""

from marshmallow import ValidationError, fields, post_load, validates_schema

from mengya_health.fields import NEEDED, Choice, Form, PlainText, Reference, Ticked
from mengya_health.handouts.fonts import unprintable_characters
from mengya_health.people.invitations import GUARDIAN_AUTHORITIES
from mengya_health.people.schemas import ChildCorrection, ChildInput
from mengya_health.web.shown.children import AT_THE_DESK

NOT_PRINTABLE = "“{characters}”打印不出来，请核对，或请管理员补字库。 These characters cannot be printed; please check."
LONGEST_ADVICE = 500


class Digest(fields.Field):
    """The digest of the text that stood on the page, as hex digits."""

    def _deserialize(self, value, attr, data, **kwargs) -> bytes:
        try:
            return bytes.fromhex(value)
        except (TypeError, ValueError) as error:
            message = "页面不完整，请刷新后再填。 The page is incomplete; reload it and fill it in again."
            raise ValidationError(message) from error


class Search(Form):
    """Whom to look for: name, initials, number, 身份证号, phone, or the code of a paper as a scanner types it."""

    q = PlainText(longest=200, load_default="")


class _Printable(Form):
    """Refuses texts that our font would print as empty boxes."""

    @validates_schema
    def _can_be_printed(self, values: dict, **_kwargs) -> None:
        wrong = {
            name: [NOT_PRINTABLE.format(characters="".join(characters))]
            for name in ("name", "contact_name", "allergies")
            if (characters := unprintable_characters(values.get(name, "")))
        }
        if wrong:
            raise ValidationError(wrong)


class NewChild(_Printable, ChildInput):
    """A child to register, with the consents signed on paper at the desk and the digests of their texts."""

    not_the_same = Ticked(load_default=False)
    consent_P1 = Ticked(load_default=False)
    consent_P2 = Ticked(load_default=False)
    consent_P3 = Ticked(load_default=False)
    digest_P1 = Digest(load_default=b"")
    digest_P2 = Digest(load_default=b"")
    digest_P3 = Digest(load_default=b"")

    @post_load
    def _consents_apart(self, values: dict, **_kwargs) -> dict:
        digests = {purpose: values.pop(f"digest_{purpose}") for purpose in AT_THE_DESK}
        ticked = [purpose for purpose in AT_THE_DESK if values.pop(f"consent_{purpose}")]
        return values | {"consents": {purpose: digests[purpose] for purpose in ticked}}


class SheetCorrection(_Printable, ChildCorrection):
    """A child's sheet corrected."""


class ClassForm(Form):
    """The class a child goes to, or that it leaves the one it is in."""

    group_id = Reference(load_default=None)
    leaves = Ticked(load_default=False)

    @validates_schema
    def _one_of_both(self, values: dict, **_kwargs) -> None:
        if not values["leaves"] and not values["group_id"]:
            raise ValidationError(NEEDED, "group_id")


class InvitationForm(Form):
    """Whom an invitation is for, after their document was seen."""

    authority = Choice(*GUARDIAN_AUTHORITIES, required=True)
    saw_document = Ticked(required=True)


class AdviceForm(Form):
    """A short word of advice for the family, and one for the class."""

    text = PlainText(longest=LONGEST_ADVICE, lines=True, required=True)
    for_class = PlainText(longest=200, lines=True, load_default="")

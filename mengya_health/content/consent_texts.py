"""The texts a guardian answers, one for each purpose, read once from `workflows/consent_texts.v1.yaml`."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from mengya_health.config import WORKFLOWS
from mengya_health.content.documents import read_document
from mengya_health.errors import StartRefused

PURPOSES = ("P1", "P2", "P3", "P4", "P5")
_FILE = "consent_texts.v1.yaml"


CURRENT, RENEW, LAPSED = "current", "renew", "lapsed"


@dataclass(frozen=True)
class EarlierText:
    """An earlier version of a text, and what an agreement to it is still worth."""

    version: str
    is_material: bool  # the new text allows more, or something else
    renew_by: date | None  # the first day on which an agreement to it no longer counts


@dataclass(frozen=True)
class ConsentText:
    """What a guardian reads before answering for one purpose. Any other wording is another version."""

    purpose: str
    version: str
    title: str
    paragraphs: tuple[str, ...]
    common: tuple[str, ...]  # what holds for every purpose, shown with it
    earlier: tuple[EarlierText, ...] = ()

    def standing(self, version: str, today: date) -> str:
        """Return what an agreement to some version of this text is worth today.

        CURRENT: it counts. RENEW: it counts for what it allowed, until the day of `renew_by`. LAPSED: it no longer
        counts, and one to a version that this file does not know never does.
        """
        if version == self.version:
            return CURRENT
        known = next((each for each in self.earlier if each.version == version), None)
        if known is None:
            return LAPSED
        if not known.is_material:
            return CURRENT
        return RENEW if today < known.renew_by else LAPSED

    def renew_by(self, version: str) -> date | None:
        """Return the day until which an agreement to a version has to be renewed; None where it need not be."""
        return next((each.renew_by for each in self.earlier if each.version == version and each.is_material), None)


def consent_texts() -> dict[str, ConsentText]:
    """Return the texts in use, by purpose."""
    return read_consent_texts(WORKFLOWS)


@cache
def read_consent_texts(folder: Path) -> dict[str, ConsentText]:
    """Return the texts in a folder. Raises StartRefused, naming the line, unless there is one for each purpose."""
    document = read_document(folder / _FILE, _FILE)
    if document.problems:
        raise _refused(str(document.problems[0]))
    try:
        loaded = _File().load(document.value)
    except ValidationError as error:
        raise _refused(f"{_FILE}: {error.normalized_messages()}") from error
    common = tuple(loaded["common"])
    texts = {each["id"]: _text(each, common) for each in loaded["purposes"]}
    if tuple(texts) != PURPOSES:
        raise _refused(f"{_FILE}: {', '.join(PURPOSES)}")
    return texts


def _text(written: dict, common: tuple[str, ...]) -> ConsentText:
    earlier = tuple(
        EarlierText(each["version"], each["material"], each["renew_by"]) for each in written.get("earlier", ())
    )
    return ConsentText(
        written["id"], written["version"], written["title"], tuple(written["paragraphs"]), common, earlier
    )


def _refused(problem: str) -> StartRefused:
    return StartRefused(
        f"知情同意书的文字有问题，请改好再启动：{problem}",
        f"The consent texts need a correction before the start: {problem}",
    )


def _words(**kwargs) -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1), **kwargs)


def _version() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"\d{4}\.\d{2}-\d+\Z"))


class _Head(Schema):
    id = _words()
    version = _version()
    title = _words()
    sources = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    basis = _words()
    verified = fields.Boolean(required=True)
    verified_note = _words()


class _Earlier(Schema):
    version = _version()
    material = fields.Boolean(required=True)
    renew_by = fields.Date(load_default=None)

    @validates_schema
    def _has_a_day(self, written: dict, **_) -> None:
        if written["material"] and written["renew_by"] is None:
            raise ValidationError("renew_by")


class _Purpose(Schema):
    id = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    version = _version()
    title = _words()
    paragraphs = fields.List(_words(), required=True, validate=validate.Length(min=1))
    earlier = fields.List(fields.Nested(_Earlier), load_default=list)


class _File(Schema):
    meta = fields.Nested(_Head, required=True)
    common = fields.List(_words(), required=True)
    purposes = fields.List(fields.Nested(_Purpose), required=True)

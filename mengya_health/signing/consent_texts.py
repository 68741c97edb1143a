"""The texts a guardian answers, one for each purpose, read once from `workflows/consent_texts.v1.yaml`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from marshmallow import Schema, ValidationError, fields, validate

from mengya_health.config import WORKFLOWS
from mengya_health.content.documents import read_document
from mengya_health.errors import StartRefused

PURPOSES = ("P1", "P2", "P3", "P4", "P5")
_FILE = "consent_texts.v1.yaml"


@dataclass(frozen=True)
class ConsentText:
    """What a guardian reads before answering for one purpose. Any other wording is another version."""

    purpose: str
    version: str
    title: str
    paragraphs: tuple[str, ...]
    common: tuple[str, ...]  # what holds for every purpose, shown with it


def consent_texts() -> dict[str, ConsentText]:
    """Return the texts in use, by purpose."""
    return read_consent_texts(WORKFLOWS)


def text_digest(work, purpose: str) -> bytes:
    """Return the digest of a purpose's text. The page carries it, so that nobody agrees to what they did not read."""
    text = consent_texts()[purpose]
    shown = (text.purpose, text.version, text.title, *text.paragraphs, *text.common)
    return work.keys.digest("\n".join(shown).encode())


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
    common, version = tuple(loaded["common"]), loaded["meta"]["version"]
    texts = {
        each["id"]: ConsentText(each["id"], version, each["title"], tuple(each["paragraphs"]), common)
        for each in loaded["purposes"]
    }
    if tuple(texts) != PURPOSES:
        raise _refused(f"{_FILE}: {', '.join(PURPOSES)}")
    return texts


def _refused(problem: str) -> StartRefused:
    return StartRefused(
        f"知情同意书的文字有问题，请改好再启动：{problem}",
        f"The consent texts need a correction before the start: {problem}",
    )


def _words(**kwargs) -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1), **kwargs)


class _Head(Schema):
    id = _words()
    version = fields.String(required=True, validate=validate.Regexp(r"\d{4}\.\d{2}-\d+\Z"))
    title = _words()
    sources = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    basis = _words()
    verified = fields.Boolean(required=True)
    verified_note = _words()


class _Purpose(Schema):
    id = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    title = _words()
    paragraphs = fields.List(_words(), required=True, validate=validate.Length(min=1))


class _File(Schema):
    meta = fields.Nested(_Head, required=True)
    common = fields.List(_words(), required=True)
    purposes = fields.List(fields.Nested(_Purpose), required=True)

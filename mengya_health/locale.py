"""Which language the person of this request reads, and the words in it. The texts are written in Chinese."""

import re
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain

from mengya_health.errors import MengyaError

CHOICES = ("zh", "en")
ENGLISH = Path(__file__).with_name("translations") / "en" / "LC_MESSAGES" / "messages.po"
# A text with this in it says how many: its English has a form for one and a form for the rest.
COUNTED = "%(n)s"


# What the person signed in on this request reads; "" until a door has found out who that is. A page asks hundreds of
# times.
_READER: ContextVar[str] = ContextVar("reader", default="")


def read_by(chosen: str) -> None:
    """Let what follows of this request be in the language of who is signed in."""
    _READER.set(chosen)


def language() -> str:
    """Return zh or en: what a signed-in person chose, else what this browser last chose, else Chinese."""
    chosen = _READER.get()
    if chosen:
        return chosen
    work = g.get("work")
    if work is not None and work.actor is not None:
        return work.actor.language
    return "en" if request.cookies.get("lang") == "en" else "zh"


def words_of(error: MengyaError) -> str:
    """Return the sentence of a refusal in the reader's language."""
    return error.en if language() == "en" else error.zh


_ENGLISH_HALF = re.compile(r"[。！？]\s*([A-Z“][^\u3400-\u9fff]*)$")


def own_words(message: str) -> str:
    """Return a message beside a field, written in Chinese and then in English, as the reader wants it."""
    english = _ENGLISH_HALF.search(message) if language() == "en" else None
    return english[1] if english else message


def init_app(app: Flask) -> None:
    """Translate templates and Python for the language of each request."""
    app.before_request(_nobody_reads_yet)
    app.teardown_request(_nobody_reads_yet)
    _Words(app, default_locale="zh", default_timezone="Asia/Shanghai", locale_selector=language)
    domain = app.extensions["babel"].instance.domain_instance
    app.jinja_env.install_gettext_callables(domain.gettext, domain.ngettext, newstyle=True)


def _nobody_reads_yet(_error: BaseException | None = None) -> None:
    _READER.set("")  # threads answer one request after the other


@cache
def english() -> Translations:
    """Return the English words, read once per process from the catalogue itself: there is nothing to compile first."""
    compiled = BytesIO()
    with ENGLISH.open("rb") as catalogue:
        write_mo(compiled, read_po(catalogue, locale="en"))
    compiled.seek(0)
    return Translations(compiled)


def text_in_english(string: str, number: object = None) -> str:
    """Return the English of a text; of one that says how many, the form for this number."""
    if COUNTED not in string:
        return english().ugettext(string)
    return english().ungettext(string, string, number if isinstance(number, int) else 0)


class _SourceFirst(Domain):
    """Looks a text up for readers of another language only: a page has hundreds, and most readers read the original."""

    def get_translations(self) -> Translations:
        return english()

    def gettext(self, string: str, **variables) -> str:
        text = string if language() == "zh" else text_in_english(string, variables.get("n"))
        return text % variables if variables else text


# What pages call most often, without asking Flask-Babel first which domain this request has: there is one.
_DOMAIN = _SourceFirst()
gettext = _DOMAIN.gettext


class _Words(Babel):
    @property
    def domain_instance(self) -> Domain:
        return _DOMAIN

"""Which language the person of this request reads, and the words in it. The texts are written in Chinese."""

from flask import Flask, g, request
from flask_babel import Babel, Domain

from mengya_health.errors import MengyaError

CHOICES = ("zh", "en")


def language() -> str:
    """Return zh or en: what a signed-in person chose, else what this browser last chose, else Chinese."""
    work = g.get("work")
    if work is not None and work.actor is not None:
        return work.actor.language
    return "en" if request.cookies.get("lang") == "en" else "zh"


def words_of(error: MengyaError) -> str:
    """Return the sentence of a refusal in the reader's language."""
    return error.en if language() == "en" else error.zh


def init_app(app: Flask) -> None:
    """Translate templates and Python for the language of each request."""
    _Words(app, default_locale="zh", default_timezone="Asia/Shanghai", locale_selector=language)
    domain = app.extensions["babel"].instance.domain_instance
    app.jinja_env.install_gettext_callables(domain.gettext, domain.ngettext, newstyle=True)


class _SourceFirst(Domain):
    """Looks a text up for readers of another language only: a page has hundreds, and most readers read the original."""

    def gettext(self, string: str, **variables) -> str:
        if language() == "zh":
            return string % variables if variables else string
        return super().gettext(string, **variables)


class _Words(Babel):
    _domain = _SourceFirst()

    @property
    def domain_instance(self) -> Domain:
        return self._domain

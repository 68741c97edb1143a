"""The macros of our forms beside those of govuk-frontend's own port: same elements, classes and references."""

from html.parser import HTMLParser

import pytest
from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader

from mengya_health.app import create_app

LABEL, HINT, WRONG = "身高", "站着量", "请填 40 到 130 之间的数。"
SAME = ("id", "for", "name", "role", "rows", "aria-describedby", "tabindex", "href")


class Parts(HTMLParser):
    """The elements of govuk-frontend in a text, each with the attributes that count and its classes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        classes = {each for each in (given.get("class") or "").split() if each.startswith("govuk-")}
        kept = {name: " ".join(given[name].split()) for name in SAME if name in given}
        if classes and "govuk-visually-hidden" not in classes:
            element = "div" if tag == "span" else tag  # ours stand in one line with the label or the number
            self.found.append((element, frozenset(classes), tuple(sorted(kept.items()))))


@pytest.fixture(scope="module")
def theirs() -> Environment:
    # The port reads names that nobody gave it.
    loader = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    return Environment(loader=loader, autoescape=True, undefined=ChainableUndefined)


@pytest.fixture
def ours(installation):
    """Say a macro of partials/forms.html."""
    app = create_app(installation)

    def say(call: str, **given) -> str:
        macros = "text_field, text_area, seg_field, card_radios, card_checks, error_summary"
        with app.test_request_context():
            text = f"{{% from 'partials/forms.html' import {macros} with context %}}{{{{ {call} }}}}"
            return app.jinja_env.from_string(text).render(**given)

    return say


def said(theirs: Environment, component: str, macro: str, **params) -> list[tuple]:
    text = (
        f"{{% from 'govuk_frontend_jinja/components/{component}/macro.html' import {macro} %}}{{{{ {macro}(params) }}}}"
    )
    return Parts(theirs.from_string(text).render(params=params)).found


@pytest.mark.parametrize("is_wrong", [False, True])
def test_a_text_field_is_that_of_govuk_frontend(ours, theirs, is_wrong):
    form = {"values": {}, "errors": {"height": [WRONG]} if is_wrong else {}}
    shown = Parts(ours("text_field(form, 'height', label, hint=hint, unit='cm')", form=form, label=LABEL, hint=HINT))
    wrong = {"errorMessage": {"text": WRONG}} if is_wrong else {}
    label, hint, suffix = {"text": LABEL}, {"text": HINT}, {"text": "cm"}
    expected = said(
        theirs, "input", "govukInput", id="height", name="height", label=label, hint=hint, suffix=suffix, **wrong
    )
    assert shown.found == expected


@pytest.mark.parametrize("is_wrong", [False, True])
def test_a_text_area_is_that_of_govuk_frontend(ours, theirs, is_wrong):
    form = {"values": {}, "errors": {"text": [WRONG]} if is_wrong else {}}
    shown = Parts(ours("text_area(form, 'text', label, rows=3)", form=form, label=LABEL))
    wrong = {"errorMessage": {"text": WRONG}} if is_wrong else {}
    label = {"text": LABEL}
    assert shown.found == said(
        theirs, "textarea", "govukTextarea", id="text", name="text", label=label, rows=3, **wrong
    )


def test_an_error_summary_is_that_of_govuk_frontend(ours, theirs):
    form = {"values": {}, "errors": {"height": [WRONG]}, "said": ""}
    shown = ours("error_summary(form)", form=form)
    wrong = [{"text": WRONG, "href": "#height"}]
    params = {"titleText": "有 1 处要改", "errorList": wrong, "disableAutoFocus": True}
    expected = said(theirs, "error-summary", "govukErrorSummary", **params)
    ours_found = [(tag, classes) for tag, classes, _attributes in Parts(shown).found]
    assert ours_found == [(tag, classes) for tag, classes, _attributes in expected]
    assert 'tabindex="-1"' in shown  # their script sets it
    assert 'role="alert"' in shown
    assert 'href="#height"' in shown


@pytest.mark.parametrize("macro", ["seg_field", "card_radios", "card_checks"])
def test_a_group_of_choices_is_read_with_what_is_wrong(ours, macro):
    form = {"values": {}, "errors": {"where": [WRONG]}}
    call = f"{macro}(form, 'where', label, [{{'value': 'a', 'text': 'A'}}])"
    shown = ours(call, form=form, label=LABEL)
    assert 'aria-describedby="where-error"' in shown.partition("<legend")[0]
    assert 'id="where-error"' in shown

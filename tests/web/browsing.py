"""A browser without a screen: opens pages, fills in the forms on them, sends them."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from flask.testing import FlaskClient

# What our Content-Security-Policy would refuse.
INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:")


def without_tokens(page: str) -> str:
    """Return a page without its form tokens and nonces: whatever is two letters long comes up in those by chance."""
    return re.sub(r'(name="(?:csrf_token|nonce)" value=)"[^"]*"', r'\1""', page)


class Forms(HTMLParser):
    """The POST forms of a page by action: each name with its values, as a browser would send them untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.by_action: dict[str, dict[str, list[str]]] = {}
        self._form: dict[str, list[str]] | None = None
        self._area = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        if tag == "form":
            is_post = given.get("method") == "post"
            self._form = self.by_action.setdefault(given["action"], {}) if is_post else None
        if tag == "option" and self._select and "selected" in given:
            self._form[self._select] = [given["value"]]
        if self._form is None or "name" not in given:
            return
        if tag == "textarea":
            self._area = given["name"]
            self._form[self._area] = [""]
        elif tag == "select":
            self._select = given["name"]
            self._form[self._select] = [""]
        elif given.get("type") == "file":
            return  # nothing is chosen, and nothing of it is text
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self._form.setdefault(given["name"], []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "select":
            self._select = ""
        if tag == "form":
            self._form = None

    def handle_data(self, text: str) -> None:
        if self._form is not None and self._area:
            self._form[self._area][0] += text


@dataclass
class Browser:
    """Somebody signed in, looking at one page after the other."""

    client: FlaskClient

    def open(self, path: str, status: int = 200) -> str:
        """Return a page's text; whatever it is, nothing in it breaks the Content-Security-Policy."""
        answer = self.client.get(path)
        page = answer.get_data(as_text=True)
        assert answer.status_code == status, page
        assert not INLINE.search(page)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        return page

    def send(self, path: str, action: str | None = None, **typed):
        """Open a page, fill in one of its forms and send it; None leaves a field out. Returns the answer."""
        return self.send_form(self.form(self.open(path), action or path), action or path, **typed)

    def form(self, page: str, action: str) -> dict[str, list[str]]:
        """Return the fields of one form of a page."""
        return Forms(page).by_action[action]

    def send_form(self, form: dict, action: str, **typed):
        """Send a form with what was typed into it."""
        sent = {**form, **{name: [value] for name, value in typed.items()}}
        return self.client.post(action, data={name: values for name, values in sent.items() if values != [None]})

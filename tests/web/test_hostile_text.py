"""Text that means something to a database, a template, a shell or a header, in every place that takes text."""

import re
from pathlib import Path

import pytest

from mengya_health import web
from tests.web.test_doors import OF_THE_DOOR, World, forms_of, world

__all__ = ["world"]

FOR_A_DATABASE = ("' OR '1'='1'; DROP TABLE child; -- UNION SELECT body FROM revision", "a\x00b")
FOR_A_PAGE = (
    '{{ 7*7 }}${7*7}<script>alert(1)</script>" onload=x ../../../../etc/passwd',
    "\u202e\ufffd\U000e0001 %s %(x)s {0}" + "9" * 400,
)
SOURCES = "\n".join(path.read_text() for path in Path(web.__file__).parent.rglob("*.py"))
PARAMETERS = sorted(set(re.findall(r'request\.(?:args|values)\.get\("(\w+)"', SOURCES)))
ECHOED = "<script>alert(1)"


# Pages are the same on both databases; what reaches them may not be.
TRIED = [
    ("doctor", "sqlite", FOR_A_DATABASE + FOR_A_PAGE),
    ("mother", "sqlite", FOR_A_DATABASE + FOR_A_PAGE),
    ("doctor", "postgresql", FOR_A_DATABASE),
]


@pytest.mark.parametrize(("who", "database", "texts"), TRIED)
def test_hostile_text_in_an_address_is_only_text(world: World, who: str, texts: tuple[str, ...]):
    assert {"found", "next", "version"} <= set(PARAMETERS)
    client = world.client(world.people[who])
    before = world.stored()
    opened = {
        rule.endpoint: path
        for rule, path in world.paths("GET", world.ids[world.child_id])
        if client.get(path).status_code == 200
    }
    assert len(opened) > 5
    for text in texts:
        for path in opened.values():
            answer = client.get(path, query_string=dict.fromkeys(PARAMETERS, text))
            assert answer.status_code in (200, 302, 403, 404, 422), (path, text, answer.status_code)
            assert ECHOED not in answer.get_data(as_text=True)
    assert world.stored() == before


@pytest.mark.parametrize(("who", "database", "texts"), TRIED)
def test_hostile_text_in_a_form_is_only_text(world: World, who: str, texts: tuple[str, ...]):
    client = world.client(world.people[who])
    pages = [client.get(path) for _rule, path in world.paths("GET", world.ids[world.child_id])]
    forms = {}
    for page in pages:
        if page.status_code == 200 and page.mimetype == "text/html":
            forms |= dict(forms_of(page.get_data(as_text=True)))
    with_fields = {action: form for action, form in forms.items() if set(form) - set(OF_THE_DOOR)}
    assert len(with_fields) > 5
    for action, untouched in with_fields.items():
        for text in texts:
            sent = {name: [text] for name in untouched} | {"csrf_token": untouched["csrf_token"]}
            sent.pop("idem_key", None)
            answer = client.post(action, data=sent)
            assert answer.status_code in (200, 302, 303, 400, 403, 404, 409, 422, 429), (action, text)
            assert ECHOED not in answer.get_data(as_text=True)
    assert world.walk.child.name in client.get("/today" if who == "doctor" else "/home").get_data(as_text=True)

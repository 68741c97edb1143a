"""What pages do in fewer steps than Flask and Jinja comes out as theirs does."""

from flask import Flask
from markupsafe import Markup

from mengya_health.app import create_app
from mengya_health.db import new_id


def test_every_address_is_the_one_flask_builds(installation):
    app = create_app(installation)
    with app.test_request_context("/"):
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods or rule.endpoint == "static":
                continue
            ids = {name: new_id() if "uuid" in rule.rule else "10" for name in rule.arguments}
            for given in (ids, dict(reversed(ids.items())), ids | {"saved": "stored"}, ids | {"other": new_id()}):
                assert app.url_for(rule.endpoint, **given) == Flask.url_for(app, rule.endpoint, **given)
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/district"}):
        assert app.url_for("sign_in.form").startswith("/district/")


def test_what_somebody_typed_is_escaped_wherever_it_stands(installation):
    app = create_app(installation)
    page = app.jinja_env.from_string(
        "{% macro twice(x) %}<b title='{{ x }}'>{{ x }}</b>{% endmacro %}"
        "{% set kept %}<i>{{ typed }}</i>{% endset %}"
        "{{ twice(typed) }}{{ kept }}{{ _('%(who)s 写的', who=typed) }}{{ row.typed }}{{ number }}{{ ours }}"
    )
    with app.test_request_context("/"):
        shown = page.render(typed='<a&">', row={"typed": '<a&">', "items": 1}, number=1.5, ours=Markup("<hr>"))
    safe = "&lt;a&amp;&#34;&gt;"
    assert shown == f"<b title='{safe}'>{safe}</b><i>{safe}</i>{safe} 写的{safe}1.5<hr>"


def test_a_name_of_dict_itself_is_still_its_own_in_templates(installation):
    app = create_app(installation)
    with app.test_request_context("/"):
        shown = app.jinja_env.from_string("{% for name, x in row.items() %}{{ name }}{{ x }}{% endfor %}{{ row.none }}")
        assert shown.render(row={"items": 1, "b": 2}) == "items1b2"

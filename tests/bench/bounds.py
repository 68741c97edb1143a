"""A bare Flask app: the least that each kind of request costs with the libraries we use. Our pages are held to it."""

import json
from datetime import UTC, date, datetime, timedelta
from os import urandom
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from mengya_health.db import Id, UtcTime, make_engine, new_id

SECTIONS = ("health", "behaviour", "family")
SEALED = urandom(200)
LIST = """<!doctype html><title>今日</title><table>{% for v in visits %}
<tr><td>{{ v.name }}<td>{{ v.age }}<td>{{ v.reason }}<td>{{ v.due_on }}<td><a href="/children/{{ v.id }}">打开</a>
{% endfor %}</table>"""
RECORD = """<!doctype html><title>档案</title>{% from "timeline.html" import timeline %}{{ timeline(entries) }}"""
# Our timeline as it was first written, over dicts: what ours saves since then does not lower what it is held to.
TIMELINE = """{% set _tags = {'met': ('ok', 'check'), \
'waiting': ('now', 'wait'), 'overdue': ('bad', 'alert'), 'flag': ('flag', 'flag'), \
'note': ('info', ''), 'queued': ('wait', 'wait')} %}
{% macro timeline(entries) -%}
<ol class="tl">{% for e in entries %}
<li><time>{{ e.at }}</time><svg role="img" aria-label="{{ e.by }}">\
<use href="/static/icons.svg#r-{{ e.role }}"/></svg><p>{% if e.href %}<a href="{{ e.href }}"><b>{{ e.title }}</b></a>\
{% else %}<b>{{ e.title }}</b>{% endif %}\
{% if e.tag %} <span class="st st-{{ _tags[e.tag_kind][0] }}">\
{% if _tags[e.tag_kind][1] %}<svg class="i" aria-hidden="true">\
<use href="/static/icons.svg#{{ _tags[e.tag_kind][1] }}"/></svg>{% endif %}\
{{ e.tag }}</span>{% endif %}{% if e.note %}<small>{{ e.note }}</small>{% endif %}</p></li>
{%- endfor %}
</ol>
{%- endmacro %}"""


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcTime, bytes: LargeBinary}


class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[bytes] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    age: Mapped[str]
    reason: Mapped[str]
    due_on: Mapped[date]


class Kept:
    id: Mapped[bytes] = mapped_column(Id, primary_key=True)
    child_id: Mapped[bytes] = mapped_column(Id, index=True)
    section: Mapped[str]
    at: Mapped[datetime]
    sealed: Mapped[bytes]


def _table(name: str) -> type:
    return type(name.title(), (Kept, Base), {"__tablename__": name})


# What an audited save of one measurement cannot do without.
Entry, *OTHERS = FIVE = [_table(name) for name in ("entry", "revision", "measurement", "history", "audit")]


def bare_app(database: Path) -> Flask:
    """Return the app over a new SQLite file with 20 visits and 200 sealed entries in it."""
    engine = make_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    reading = sessionmaker(engine.execution_options(writing=False))
    writing = sessionmaker(engine)
    keys = {section: AESGCM(urandom(32)) for section in SECTIONS}
    child_id = new_id()
    with writing.begin() as session:
        session.add_all(_visits())
        session.add_all(_entries(keys, child_id))
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"timeline.html": TIMELINE})
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations()
    list_page, record_page = app.jinja_env.from_string(LIST), app.jinja_env.from_string(RECORD)

    @app.get("/hello")
    def hello():
        return "你好"

    @app.get("/rows20")
    def rows20():
        with reading() as session:
            return render_template(list_page, visits=session.scalars(select(Visit)).all())

    @app.get("/enc20")
    def enc20():
        return opened(select(Entry.section, Entry.sealed).where(Entry.child_id == child_id).limit(20))

    @app.get("/enc200")
    def enc200():
        return opened(select(Entry.section, Entry.sealed).where(Entry.child_id == child_id))

    def opened(chosen):
        with reading() as session:
            rows = session.execute(chosen).all()
        entries = [json.loads(keys[section].decrypt(blob[:12], blob[12:], None)) for section, blob in rows]
        return render_template(record_page, entries=entries)

    @app.post("/insert")
    def insert():
        with writing.begin() as session:
            session.add(_row(Entry))
        return "", 204

    @app.post("/insert5")
    def insert5():
        with writing.begin() as session:
            session.add_all([_row(table) for table in FIVE])
        return "", 204

    return app


def _visits() -> list[Visit]:
    return [
        Visit(
            id=new_id(),
            name=f"样本{number}",
            age=f"{number} 个月",
            reason="健康检查",
            due_on=date(2026, 3, 1) + timedelta(days=number),
        )
        for number in range(20)
    ]


def _entries(keys: dict[str, AESGCM], child_id) -> list[Entry]:
    rows = []
    for number in range(200):
        section, nonce = SECTIONS[number % 3], urandom(12)
        content = {
            "at": "11-20 周五",
            "role": ("doc", "tea", "par")[number % 3],
            "by": ("医生", "老师", "家长")[number % 3],
            "title": f"第 {number} 条记录",
            "note": "今天午睡一小时四十分，醒来情绪平稳，下午点心吃完。",
            "href": f"/entries/{number}",
            "tag_kind": "note",
            "tag": "老师记录" if number % 4 == 0 else "",
        }
        blob = nonce + keys[section].encrypt(nonce, json.dumps(content).encode(), None)
        rows.append(_row(Entry, child_id=child_id, section=section, sealed=blob))
    return rows


def _row(table: type, **values):
    given = {"id": new_id(), "child_id": new_id(), "section": "health", "at": datetime.now(UTC), "sealed": SEALED}
    return table(**given | values)

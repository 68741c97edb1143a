"""The parts that many sample pages share: frame, head of a child, ring, chart."""

from datetime import date

from mengya_health.growth.chart import STAFF, Event, growth_chart
from mengya_health.growth.visits import Visit

FORM = {"values": {}, "errors": {}}
BORN, TODAY, EARLY = date(2025, 11, 20), date(2026, 11, 23), 34 * 7 + 2
WEIGHTS = {
    "2026-02-18": 4.6,
    "2026-05-20": 6.5,
    "2026-07-20": 7.1,
    "2026-08-20": 7.15,
    "2026-10-09": 7.2,
    "2026-10-30": 7.6,
}


def chart(audience, size):
    """The weights of 小芽, born six weeks early."""
    weights = [(date.fromisoformat(day), kg) for day, kg in WEIGHTS.items()] + [(TODAY, 8.0)]
    known = {"sex": "M", "birth_on": BORN, "gestational_days": EARLY}
    visits = [Visit(**known, measured_on=day, weight_kg=kg) for day, kg in weights]
    events = [Event(date(2026, 10, 9), "开始干预")] if audience == STAFF else []
    dates = {"birth_on": BORN, "gestational_days": EARLY, "today_on": TODAY}
    return growth_chart("wfa", "M", visits, size=size, audience=audience, events=events, **dates)


DESK = ["今日", "儿童", "个案", "打印", "统计"]


def shell(role="doc", text="儿保门诊", current="", nav=DESK, **changes):
    frame = {
        "lang": "zh-CN",
        "is_large": False,
        "is_demo": True,
        "who": {"role": role, "text": text},
        "nav": [{"text": item, "href": "#", "is_current": item == current} for item in nav],
        "home_href": "#",
        "search_href": "#" if role == "doc" else "",
        "display_href": "/settings/display",
        "here": "/",
        "sign_out_href": "/sign-out",
        "saved": "",
        "undo_href": "",
    }
    return frame | changes


def family(**changes):
    return shell("par", "妈妈", nav=[], **changes)


BACK = {"text": "今日", "href": "#"}
HOME = {"text": "返回", "href": "#"}
SPROUT = {
    "name": "小芽",
    "initial": "芽",
    "shade": "",
    "sex_age": "男 · 12月3天",
    "birth_note": "早产 34+2 周 · 矫正 10月24天",
    "facts": [
        {"label": "编号", "text": "示例-0042"},
        {"label": "出生", "text": "2025-11-20"},
        {"label": "托育", "text": "示例宝宝屋 豆芽班"},
        {"label": "主要照护人", "text": "外婆"},
        {"label": "过敏", "text": "鸡蛋（家长报告）", "is_warning": True},
    ],
}
RING = {
    "steps": [
        {"name": "预防", "state": "done", "note": "09-20 完成"},
        {"name": "筛查", "state": "done", "note": "10-09 完成"},
        {"name": "干预", "state": "now", "note": "第 45 天"},
        {"name": "巩固", "state": "todo", "note": "约 12 周"},
    ],
    "centre": "干预",
    "note": "3 / 5 项已满足",
    "turn": {"role": "par", "text": "轮到家长"},
    "share": 60,
    "round_text": "",
}


def turn(role, text, is_mine=False):
    return {"role": role, "text": text, "is_mine": is_mine}


def tag(kind, text, sign=""):
    return {"kind": kind, "text": text, "sign": sign}


def line(at, role, by, title, note="", href="", tag_kind="", tag=""):
    names = ("at", "role", "by", "title", "note", "href", "tag_kind", "tag")
    return dict(zip(names, (at, role, by, title, note, href, tag_kind, tag), strict=True))


def choices(**texts):
    return [{"value": value, "text": text} for value, text in texts.items()]

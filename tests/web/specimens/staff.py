"""Sample pages of the doctor."""

from tests.web.specimens.frame import BACK, RING, SPROUT, STAFF, chart, line, shell, tag, turn

NOBODY = turn("doc", "医生")
QUEUE = [
    ("09:00", "童", "童童", "女 · 12月2天", "12月龄健检", tag("note", "足月"), 1, "预防", NOBODY),
    (
        "09:00",
        "芽",
        "小芽",
        "男 · 12月3天 · 矫正10月24天",
        "12月龄健检 + 复测",
        tag("flag", "体重增长慢"),
        3,
        "干预",
        turn("par", "家长签名"),
    ),
    (
        "09:10",
        "豆",
        "豆豆",
        "男 · 18月2天",
        "18月龄健检 + 复筛",
        tag("flag", "语言待复筛"),
        2,
        "筛查",
        turn("doc", "轮到我", True),
    ),
    (
        "09:10",
        "粒",
        "米粒",
        "女 · 24月0天",
        "24月龄健检",
        tag("waiting", "老师新记 2 条", "bell"),
        1,
        "预防",
        turn("doc", "轮到我", True),
    ),
    (
        "09:20",
        "果",
        "果果",
        "男 · 30月6天",
        "巩固随访",
        tag("note", "第 2 次，共 3 次"),
        4,
        "巩固",
        turn("tea", "老师观察"),
    ),
    ("09:20", "糖", "糖糖", "女 · 8月5天", "8月龄健检", None, 1, "预防", NOBODY),
    ("09:30", "朵", "朵朵", "女 · 3月1天", "3月龄健检", tag("note", "早产 35+1 周"), 1, "预防", NOBODY),
    ("09:30", "乐", "乐乐", "女 · 12月23天", "12月龄健检", tag("overdue", "逾期 21 天"), 1, "预防", NOBODY),
    ("09:40", "安", "安安", "男 · 36月4天", "入园体检", None, 4, "巩固", NOBODY),
    ("09:40", "多", "多多", "女 · 6月0天", "6月龄健检", None, 1, "预防", NOBODY),
]


def queue_row(time, initial, name, age, item, remark, step, step_text, whose):
    return {
        "time": time,
        "initial": initial,
        "shade": "",
        "name": name,
        "age": age,
        "item": item,
        "remark": remark,
        "step": step,
        "step_text": step_text,
        "turn": whose,
        "child_href": "#",
        "enter_href": "#",
        "print_href": "#",
        "is_done": False,
    }


TODAY = {
    "shell": shell(current="今日"),
    "date_line": "11月23日 周一 · 示例街道社区卫生服务中心 儿保门诊",
    "counts": [{"number": 40, "text": "今日预约"}, {"number": 17, "text": "已完成"}, {"number": 6, "text": "正在等候"}],
    "tabs": [
        {"text": text, "href": "#", "is_current": text.startswith("等候")}
        for text in ("等候与待到 23", "已完成 17", "逾期未到 5", "全部 45")
    ],
    "rows": [queue_row(*row) for row in QUEUE],
    "range_text": "第 1–10 名，共 23 名",
    "all_href": "#",
    "overdue": {"count": 5, "href": "#"},
    "is_day_done": True,
    "decisions": {
        "count": 5,
        "rows": [
            {"text": "豆豆 · 复筛后去向", "href": "#", "note": "老师 6 条观察已交齐", "overdue": "逾期 2 天"},
            {"text": "米粒 · 是否立个案", "href": "#", "note": "老师周五新记 2 条 · 今天", "overdue": ""},
            {"text": "示例-0107 · 进入巩固", "href": "#", "note": "条件都满足 · 周三前", "overdue": ""},
        ],
        "more_text": "另外 2 项",
        "more_href": "#",
    },
    "waiting": {
        "count": 8,
        "rows": [
            {"role": "par", "role_text": "家长", "text": "签名 4 · 家庭记录 1"},
            {"role": "tea", "role_text": "教师", "text": "课堂观察 2"},
            {"role": "mgr", "role_text": "上级机构", "text": "转诊回执 1"},
        ],
    },
    "printing": {"name": "A5 指导单", "done": 12, "total": 17, "note": "，约 20 秒", "href": "#"},
}

EMPTY_TODAY = TODAY | {
    "rows": [],
    "printing": None,
    "decisions": {"count": 0, "rows": []},
    "waiting": {"count": 0, "rows": []},
}

RECORD = {
    "shell": shell(current="儿童"),
    "child": SPROUT,
    "back": BACK,
    "print_href": "#",
    "enter_href": "#",
    "loop_ring": RING | {"note": "第 45 天 · 共 5 项"},
    "turn_note": {
        "lead": "还差家长 2 件事：",
        "text": "补 2 天喂养记录、看过并签名。",
        "href": "#",
        "link_text": "看“为什么还不能进入巩固”",
    },
    "cases": [],
    "chart": {
        "drawing": chart(STAFF, "wide"),
        "tabs": [{"text": t, "href": "#", "is_current": t == "体重"} for t in ("体重", "身长", "体重/身长", "头围")],
        "ages": [{"text": t, "href": "#", "is_current": t == "两者"} for t in ("矫正", "实足", "两者")],
    },
    "sentence": "8–10 月龄长得慢，干预 45 天后开始追赶。奶量和进餐时间已改善，还需家长补齐记录。",
    "tools": [{"text": "写一句指导", "href": "#"}],
    "reads_health": True,
    "points": [
        {"label": "体重", "text": "8.0 kg　中下", "note": "−2～−1 SD，矫正"},
        {"label": "身长", "text": "73.1 cm　中", "note": ""},
        {"label": "头围", "text": "45.0 cm　中", "note": ""},
        {"label": "预警征", "text": "8 月龄组 0 / 4 阳性", "note": ""},
        {"label": "血红蛋白", "text": "112 g/L　正常", "note": ""},
        {"label": "下次", "text": "12-21 前", "note": ""},
    ],
    "hands": [{"role": "doc", "text": "医生 9"}, {"role": "tea", "text": "老师 11"}, {"role": "par", "text": "家长 7"}],
    "only_decisions": {"href": "#", "text": "只看决定"},
    "entries": [
        line(
            "今天 09:06",
            "doc",
            "医生",
            "复测：体重 8.0 kg，身长 73.1 cm",
            "24 天长 0.4 kg，由“下”回到“中下”（矫正月龄）",
        ),
        line(
            "11-20 周五",
            "tea",
            "老师",
            "午餐：吃了大半碗，自己抓了 5 口",
            "示例宝宝屋 · 豆芽班老师",
            "",
            "met",
            "第 8 条，共 8 条",
        ),
        line(
            "11-18 周三",
            "par",
            "家长",
            "家庭喂养记录 5 / 7 天",
            "外婆填写 · 晚餐换成手指食物后吃得更久",
            "",
            "queued",
            "还差 2 天",
        ),
        line(
            "10-09 周五",
            "doc",
            "医生",
            "决定：筛查 → 干预（喂养指导 6 周）",
            "依据：连续两次体重位于或低于 −2 SD 附近",
            "#",
        ),
    ],
    "older_href": "#",
    "next_steps": [
        {"what": "补 2 天喂养记录", "note": "11-25 前 · 外婆可以记", "role": "par", "role_text": "家长", "href": "#"},
        {"what": "看结果并签名", "note": "已发给妈妈", "role": "par", "role_text": "家长", "href": ""},
        {"what": "巩固期第 1 次复查", "note": "12-21 前", "role": "doc", "role_text": "医生", "href": ""},
    ],
}

NEW_RECORD = RECORD | {
    "chart": None,
    "entries": [],
    "points": [],
    "sentence": "",
    "next_steps": [],
    "turn_note": None,
    "older_href": "",
}

PAGES = {
    "01-today": ("pages/doctor/today.html", TODAY),
    "01b-today-empty": ("pages/doctor/today.html", EMPTY_TODAY),
    "02-record": ("pages/children/show.html", RECORD),
    "02b-record-new": ("pages/children/show.html", NEW_RECORD),
}

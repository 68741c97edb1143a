"""Sample pages of teachers and families."""

from mengya_health.growth.chart import FAMILY
from tests.web.specimens.frame import FORM, chart, choices, family, shell

SCALE = [
    {"value": "2", "text": "会了"},
    {"value": "1", "text": "有时"},
    {"value": "0", "text": "还没"},
    {"value": "9", "text": "今天没看到"},
]
KIDS = [
    ("果果", "果", "d", "请看 1 条", ""),
    ("毛毛", "毛", "c", "请看 2 条", ""),
    ("元元", "元", "b", "请看 1 条", ""),
    ("小芽", "芽", "", "", "已记 1"),
    ("豆豆", "豆", "c", "", "—"),
    ("糖糖", "糖", "b", "", "已记 1"),
    ("朵朵", "朵", "b", "", "—"),
    ("安安", "安", "c", "", "已记 2"),
    ("乐乐", "乐", "b", "", "—"),
    ("多多", "多", "d", "", "—"),
    ("米粒", "米", "d", "", "—"),
    ("点点", "点", "", "", "请假"),
]


def board(current=""):
    return {
        "name": "豆芽班",
        "line": "11月23日 周一 · 到 11 人",
        "meal": {"text": "全班午餐：先点“都吃完了”，再点个别孩子改。", "href": "#"},
        "tiles": [
            {
                "name": name,
                "initial": initial,
                "shade": shade,
                "href": "#",
                "is_current": name == current,
                "is_away": note == "请假",
                "ask": ask,
                "note": note,
                "is_noted": note.startswith("已记"),
            }
            for name, initial, shade, ask, note in KIDS
        ],
        "asked_note": "排在最前，点开才看得到内容。全班今天已记 4 条，够了就不用再记。",
        "tasks": [],
        "signs": [],
        "switch": [],
    }


PANEL = {
    "name": "果果",
    "initial": "果",
    "shade": "d",
    "ask": "医生想看：跑跳稳不稳",
    "count": "第 2 条，共 3 条",
    "action": "/observations",
    "form": {"values": {"obs_B0701": "2"}, "errors": {}},
    "domain": "gross_motor",
    "domains": [
        {"name": name, "icon": icon, "href": "#", "is_current": name == "动作"}
        for name, icon in (
            ("吃饭", "bowl"),
            ("睡觉", "moon"),
            ("情绪", "smile"),
            ("说话", "talk"),
            ("动作", "run"),
            ("交往", "people"),
        )
    ],
    "questions": [{"name": "obs_B0701", "text": "会跑、会停", "is_asked": True, "options": SCALE}],
    "who_sees": "果果的家长和医生看得到，其他家长看不到。",
    "observed_at": "2026-11-23T11:42",
    "observed_text": "现在 11:42",
    "just_saved": "小芽 刚才那条已保存",
    "undo_href": "/undo",
    "back": {"text": "豆芽班", "href": "#"},
}
TEACHER = shell("tea", "豆芽班", nav=[])

HOME = {
    "shell": family(),
    "child": {"name": "小芽", "initial": "芽", "shade": "", "line": "12 个月 3 天", "you": "妈妈"},
    "siblings": [],
    "todo": {
        "lead": "请您做 1 件事，约 1 分钟",
        "title": "小芽的体重开始追上来了。",
        "text": "医生想让他进入“巩固”，请家里人看一看、签个名。",
        "href": "#",
        "button": "看一看，去签名",
        "hand_over": None,
    },
    "more_todo": [],
    "growth": {
        "drawing": chart(FAMILY, "narrow"),
        "text": "今天 8.0 公斤，24 天长了 0.4 公斤。",
        "trend": "还在偏轻这一边，但正往上走。",
        "age_note": "小芽早产，图上按预产期算月龄，这样比才公平。",
    },
    "step": {"number": 3, "text": "第 3 步：干预", "name": "干预", "note": "签名后进入最后一步。"},
    "hands": {"doc": "今天量过了", "tea": "记了 8 次", "par": "差 2 天记录"},
    "at_home": [
        {"text": "每餐 20–30 分钟，吃完就收，不追着喂。", "href": ""},
        {"text": "每天 1 次手指食物，让他自己抓。", "href": "#"},
        {"text": "晚饭后记一笔（点 3 下就好）。", "href": "#"},
    ],
    "links": [
        {"text": text, "icon": icon, "href": "#"}
        for text, icon in (("全部记录", "list"), ("记一笔", "pen"), ("家里人", "people"), ("谁看过档案", "eye"))
    ],
    "clinic": {"text": "打给儿保门诊（工作日 8:00–16:30）", "tel": "02100000000"},
}
SIGN = {
    "shell": family(),
    "back": {"text": "返回", "href": "#"},
    "sections": [
        {
            "title": "发生了什么",
            "text": "小芽 8–10 个月时体重长得慢。这 6 周，医生、老师和家里一起调整吃饭，体重从 7.2 公斤长到 8.0 公斤。",
        },
        {
            "title": "接下来",
            "text": "进入“巩固”：12 周里复查 3 次，在家继续记录。长得稳就结束；又慢下来，医生会再找您。",
        },
        {"title": "谁看得到", "text": "儿保医生、豆芽班老师。"},
    ],
    "full_href": "#",
    "action": "/sign/1",
    "form": FORM,
    "row_version": 2,
    "choices": choices(agree="同意，按这个安排", ask_first="想先问问医生", decline="暂时不同意"),
    "signer": {"name": "妈妈（监护人）", "not_me_href": "#"},
    "may_sign": True,
    "notes": ["外婆可以看、可以记，签名由监护人做。", "24 小时内可以撤回。不签也不影响小芽正常看诊。"],
    "statement": {"title": "巩固期安排", "version": "支持计划 第 2 版", "digest_short": "7f3a…c210"},
    "pin_step": None,
}
GRANNY = HOME | {
    "shell": family(is_large=True),
    "child": HOME["child"] | {"you": "外婆"},
    "todo": HOME["todo"] | {"button": "看一看", "hand_over": {"text": "转给妈妈签名", "action": "/hand-over"}},
}

PAGES = {
    "05-class": ("pages/teacher/class.html", {"shell": TEACHER, "board": board("果果"), "panel": PANEL}),
    "05b-observe": ("pages/teacher/observe.html", {"shell": TEACHER, "board": board("果果"), "panel": PANEL}),
    "05c-class-only": ("pages/teacher/class.html", {"shell": TEACHER, "board": board(), "panel": None}),
    "06-home": ("pages/parent/home.html", HOME),
    "06c-home-large": ("pages/parent/home.html", GRANNY),
    "06d-home-quiet": ("pages/parent/home.html", HOME | {"todo": None, "growth": None, "at_home": []}),
    "06b-sign": ("pages/parent/sign.html", SIGN | {"form": {"values": {"choice": "agree"}, "errors": {}}}),
    "06e-sign-unchosen": ("pages/parent/sign.html", SIGN),
    "06f-sign-pin": (
        "pages/parent/sign.html",
        SIGN
        | {
            "pin_step": {
                "choice": "agree",
                "choice_text": "同意，按这个安排",
                "level": "电子签名·系统代管密钥",
                "locked": "",
            }
        }
        | {"form": {"values": {}, "errors": {"pin": ["签名密码不对，还可以试 4 次"]}}},
    ),
}

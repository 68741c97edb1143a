"""Sample pages with which families and teachers write, read and sign."""

from tests.web.specimens.frame import FORM, HOME, choices, family, line, shell

LEVEL = "电子签名·系统代管密钥"
STATEMENT = {"version": "第 1 版", "digest_short": "7f3a…c210"}
PARTS = [{"title": "一、这是什么", "text": "用 6 位签名密码确认的电子签名，与当面签名一样算数。"}]
SUMMARY = {
    "shell": shell("tea", "豆芽班", nav=[]),
    "back": HOME,
    "child_name": "小芽",
    "observations": [{"at": "11-20", "text": "午餐吃了大半碗，自己抓了 5 口"}],
    "action": "/sign",
    "form": FORM,
    "row_version": 1,
    "level": LEVEL,
    "statement": STATEMENT,
}
CHECK_IN = {
    "shell": family(),
    "back": HOME,
    "task": {
        "title": "顺应喂养四步",
        "text": "固定时间和座位；30 分钟内吃完；不追喂、不强迫。",
        "frequency": "每餐",
        "safety": "坐着吃、大人看着",
        "stop_rule": "出现发热、呕吐、皮疹，停止并联系医生；紧急情况拨打 120。",
        "child_name": "小芽",
        "done_text": "这周记了 3 次",
    },
    "action": "/check-in",
    "form": {"values": {"done_on": "2026-11-23"}, "errors": {}},
    "row_version": 1,
    "logs": [{"name": "log_1", "label": "进餐时长", "unit": "分钟"}],
    "not_done_reasons": choices(other="其他"),
    "is_class": False,
}
FAMILY_RECORD = {
    "shell": family(),
    "back": HOME,
    "child_name": "小芽",
    "home_log": {
        "action": "/log",
        "form": FORM,
        "groups": [
            {"name": "milk", "legend": "奶", "options": choices(more="多", same="照常", less="少")},
            {"name": "meal", "legend": "饭", "options": choices(all="吃完", half="大半", little="没怎么吃")},
            {"name": "sleep", "legend": "睡", "options": choices(good="睡得好", wake="醒了几次")},
        ],
    },
    "entries": [
        line("11-23 周一", "doc", "医生", "今天 8.0 公斤，比上次重 0.4 公斤"),
        line("11-20 周五", "tea", "老师", "午餐吃了大半碗，自己抓了 5 口", "豆芽班", "#"),
    ],
    "older_href": "#",
    "papers": [{"text": "家庭指导单", "note": "2026-11-23", "href": "#"}],
}
RELATIVES = {
    "shell": family(),
    "back": HOME,
    "people": [
        {"name": "", "kind": "妈妈", "rights": "可以看、可以记、可以签名", "until": "", "is_me": True, "remove": None},
        {
            "name": "",
            "kind": "外婆",
            "rights": "可以看、可以记",
            "until": "",
            "is_me": False,
            "remove": {"action": "/remove"},
        },
    ],
    "invite": {
        "action": "/invite",
        "form": FORM,
        "kinds": choices(granny="外婆"),
        "rights": choices(read="可以看", write="可以看、可以记"),
    },
    "consents": [{"text": "健康检查与发育筛查", "state": "已同意", "note": "2026-09-20", "href": "#"}],
}
VIEWS = {
    "shell": family(),
    "back": HOME,
    "days": [
        {
            "day": "11-23 周一",
            "rows": [{"role": "doc", "who": "儿保门诊 医生", "what": "看了卫生保健", "at": "09:06", "why": "健康检查"}],
        }
    ],
    "older_href": "",
}
CONSENT = {
    "shell": family(),
    "back": HOME,
    "item": {
        "title": "给接诊机构看",
        "text": "需要转诊时，把相关记录交给接诊机构。",
        "who": "接诊医生",
        "keep": "15 年",
        "without": "不影响在门诊看诊",
    },
    "version": "第 1 版",
    "state": "",
    "action": "/consent",
    "form": FORM,
    "choices": choices(agree="同意", decline="不同意"),
    "level": LEVEL,
}
AGREEMENT = {"version": "第 1 版", "parts": PARTS, "level": LEVEL}

PAGES = {
    "32-class-summary": ("pages/teacher/class_summary.html", SUMMARY),
    "33-check-in": ("pages/task_checkin.html", CHECK_IN),
    "34-concern": (
        "pages/concern.html",
        {
            "shell": family(),
            "back": HOME,
            "child_name": "小芽",
            "action": "/concern",
            "form": FORM,
            "answer_note": "医生会在 3 个工作日内回复",
            "is_class": False,
        },
    ),
    "35-family-record": ("pages/parent/record.html", FAMILY_RECORD),
    "36-statement": (
        "pages/parent/statement.html",
        {
            "shell": family(),
            "back": HOME,
            "title": "支持计划",
            "version": "第 2 版",
            "parts": PARTS,
            "signatures": [{"text": "妈妈 10-09 签署", "level": LEVEL}],
        },
    ),
    "37-relatives": ("pages/parent/family.html", RELATIVES),
    "38-who-viewed": ("pages/parent/who_viewed.html", VIEWS),
    "39-agreement": (
        "pages/parent/agreement.html",
        {"shell": family(), "back": HOME, "action": "/agree", "form": FORM} | AGREEMENT,
    ),
    "40-consent": ("pages/consent.html", CONSENT),
}

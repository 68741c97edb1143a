"""Sample pages of a health check and of a case."""

from tests.web.specimens.frame import BACK, FORM, RING, SPROUT, choices, line, shell, tag

NO_LINES = {"one": [], "several": [], "number": [], "text": []}


def question(name, label, options, several=False):
    return {"name": name, "label": label, "unit": "", "is_several": several, "options": options}


CHECK = {
    "shell": shell(current="今日"),
    "child": {
        "name": "童童",
        "initial": "童",
        "shade": "b",
        "sex_age": "女 · 12月2天",
        "birth_note": "足月",
        "facts": [
            {"label": "编号", "text": "示例-0117"},
            {"label": "本次", "text": "12 月龄健康检查"},
            {"label": "陪同", "text": "妈妈"},
            {"label": "下一位", "text": "小芽（已等 6 分钟）"},
        ],
    },
    "back": BACK,
    "action": "/checks",
    "row_version": None,
    "form": {
        "values": {
            "weight_kg": "9.1",
            "length_cm": "74.6",
            "head_cm": "45.2",
            "hb_g_l": "118",
            "done_on": "2026-11-23",
            "position": "l",
            "milk": "breast",
            "meals": "3",
            "sleep_h": "6-9",
            "exam": "all_normal",
            "ws_WS1201": "0",
            "ws_WS1202": "1",
            "ws_WS1203": "0",
            "ws_WS1204": "0",
            "conclusion": "screen",
            "guides": ["g12", "play"],
        },
        "errors": {},
    },
    "measured_line": "2026-11-23 检查 · 卧位量身长（可改）",
    "asks_position": True,
    "measures": [
        {"name": "weight_kg", "label": "体重", "unit": "kg", "note": "中　比上次 +0.6", "warn": False},
        {"name": "length_cm", "label": "身长（卧位）", "unit": "cm", "note": "中　比上次 +3.4", "warn": False},
        {"name": "head_cm", "label": "头围", "unit": "cm", "note": "中", "warn": False},
        {"name": "hb_g_l", "label": "血红蛋白", "unit": "g/L", "note": "正常", "warn": False},
    ],
    "habits": NO_LINES
    | {
        "one": [
            question("milk", "奶", choices(breast="母乳", mixed="混合", formula="配方")),
            question("meals", "每天正餐", [{"value": n, "text": n} for n in "1234"]),
            question("sleep_h", "夜间连续睡眠", choices(**{"0-6": "<6", "6-9": "6–9", "9-": ">9 小时"})),
        ]
    },
    "exam_items": [
        question(f"exam_e{n}", text, [{"value": "1", "text": "未见异常"}, {"value": "2", "text": "异常", "bad": True}])
        for n, text in enumerate(
            ["面色", "皮肤", "前囟", "眼", "耳", "口腔", "胸部", "腹部", "四肢", "外生殖器", "肛门"]
        )
    ],
    "exam_rest": NO_LINES,
    "told": [],
    "seen": [{"name": "seen_oral_white_spot", "text": "前牙白垩斑"}],
    "warning_group": "12 月龄",
    "warning_note": "",
    "warning_signs": [
        {"name": "ws_WS1201", "text": "呼唤名字无反应"},
        {"name": "ws_WS1202", "text": "不会模仿“再见”或“欢迎”动作"},
        {"name": "ws_WS1203", "text": "不会用拇食指对捏小物品"},
        {"name": "ws_WS1204", "text": "不会扶物站立"},
    ],
    "regression": {
        "text": "说话或与人交往有明显困难，或原来会、后来不会了？",
        "note": "",
        "options": [
            {"value": "1", "text": "语言", "bad": True},
            {"value": "2", "text": "社交", "bad": True},
            {"value": "3", "text": "都有", "bad": True},
            {"value": "0", "text": "没有"},
        ],
    },
    "soft_checks": [],
    "conclusions": [
        {"value": "routine", "text": "留在预防", "hint": "15 月龄再来"},
        {"value": "screen", "text": "进入筛查", "hint": "2 周内复筛"},
    ],
    "next_on_hint": "15 月龄：2027-02-21 前",
    "guides": NO_LINES
    | {
        "several": [
            question("guides", "发给家长", choices(g12="12 月龄指导单", play="模仿与互动小游戏", food="辅食质地"), True)
        ]
    },
    "hints": [
        {
            "title": "系统提示，由您决定",
            "text": "第 2 条阳性。按规范，有 1 条即提示发育偏异可能，建议进入筛查并复筛。",
            "basis": "预警征象筛查表 12 月龄组",
        }
    ],
    "compare": {
        "title": "和上次比（9 月龄）",
        "rows": [
            {"label": "体重", "text": "8.5 → 9.1 kg"},
            {"label": "身长", "text": "71.2 → 74.6 cm"},
            {"label": "家长说", "text": "“会自己抓着吃了”"},
            {"label": "老师说", "text": "未入托"},
        ],
    },
    "after": ["童童从 预防 到 筛查", "妈妈收到通俗版结果，待签名", "2 张 A5 指导单进打印队列"],
    "put_aside_href": "#",
    "next_name": "小芽",
}

REFUSED_CHECK = CHECK | {
    "form": {
        "values": CHECK["form"]["values"] | {"weight_kg": "91", "exam": "by_item"},
        "errors": {"weight_kg": ["体重要在 1.0 到 40.0 公斤之间。是不是 9.1？"], "ws_reg": ["最后一问还没选"]},
    },
    "soft_checks": [
        {
            "field": "length_cm",
            "answer": "70.9",
            "text": "身长比上次少 0.3 cm",
            "note": "9 月龄 71.2 → 今天 70.9",
            "tick": "量过两次，是对的",
        }
    ],
}

SHOWN_CHECK = {
    "shell": CHECK["shell"],
    "child": CHECK["child"],
    "back": BACK,
    "action": "/checks/1",
    "form": FORM,
    "row_version": 1,
    "version_line": "2026-11-23 检查 · 第 1 版",
    "correct_href": "#",
    "today_href": "#",
    "proposals": [
        {
            "pathway": "PW_DEVELOPMENT",
            "name": "发育预警与语言发育迟缓",
            "why": "初筛异常",
            "also": "语言或听力方面有提示：请同时安排听力评估。",
            "basis": "0~6岁儿童孤独症筛查干预服务规范（试行）",
            "options": choices(open="立个案，进入筛查", not_now="暂不立案，写明理由"),
        }
    ],
    "decided": [{"name": "缺铁性贫血", "text": "暂不立案", "reason": "两周后复查", "on": "2026-11-23", "href": "#"}],
    "findings": [
        {
            "name": "预警征象初筛",
            "code": "W1",
            "result": "初筛异常",
            "kind": "flag",
            "level": "有发现",
            "text": "预警征象阳性条数≥1",
            "figures": "预警征象阳性条数 1 条；“不会模仿‘再见’或‘欢迎’动作”",
            "actions": ["当时登记、告知家长、给转诊单"],
            "weigh": [{"when": "任何倒退", "action": "转区妇幼复筛并查听力"}],
            "limit": "30 天内",
            "basis": "0~6岁儿童孤独症筛查干预服务规范（试行）",
        }
    ],
    "growth": {
        "reference": "WS/T 423—2022",
        "rule": "按精确月龄",
        "age": "实足月龄",
        "rows": [
            {"label": "体重", "value": "9.1", "band": "中", "z": "−0.1 SD", "percentile": "P25–P50", "nutrition": ""}
        ],
        "notes": [],
    },
    "growth_who": None,
    "who_href": "#",
    "screenings": [
        {"name": "预警征象初筛", "kind": "flag", "text": "有发现", "note": ""},
        {"name": "口腔检查与龋齿筛查", "kind": "note", "text": "没做完", "note": "还缺：乳牙龋坏牙数"},
    ],
    "answers": [{"label": "体重", "text": "9.1 kg"}],
    "confirmed": ["身长比上次少 0.3 cm"],
    "closing": [{"label": "结论", "text": "进入筛查"}],
}

CASE = {
    "shell": shell(current="个案"),
    "child": SPROUT,
    "back": BACK,
    "papers": [{"text": "转诊单 / 指导单", "href": "#"}],
    "case": {
        "title": "体重增长慢",
        "line": "2026-10-09 开始 · 计划 6 周 · 负责：儿保门诊医生",
        "number": "示例-0042-营养-1",
        "reason": "9 月龄体检体重下滑",
        "row_version": 7,
    },
    "loop_ring": RING,
    "badge": "",
    "walked": [
        line("10-09", "doc", "医生", "筛查 → 干预", "医生决定 · 家长当面签"),
        line("09-20", "doc", "医生", "预防 → 筛查", "9 月龄体检体重下滑"),
    ],
    "refusal": {
        "title": "现在还不能进入“巩固”，差 2 件事",
        "missing": [
            {
                "what": "家长还没看过并签名。",
                "why": "进入巩固前，监护人要知道结果和接下来的安排。",
                "role": "par",
                "role_text": "家长",
                "fixes": [{"text": "再提醒妈妈", "href": "#"}, {"text": "改为当面签", "href": "#"}],
            },
            {
                "what": "家庭喂养记录 5 / 7 天。",
                "why": "少于 7 天，无法判断奶量是否稳定。",
                "role": "par",
                "role_text": "家长",
                "fixes": [{"text": "请家长补 2 天", "href": "#"}, {"text": "改为电话询问", "href": "#"}],
            },
        ],
        "explain": "您的权限没问题，只是材料还没齐。",
    },
    "next_gate": {
        "title": "进入“巩固”的条件",
        "line": "3 / 5 · 上次变化 今天 09:06",
        "all_met": False,
        "rows": [
            {"what": what, "note": note, "role": role, "role_text": who, "is_met": not waiting, "waiting": waiting}
            for what, note, role, who, waiting in (
                ("复测体重，连续两次追赶", "10-30 7.6 kg → 11-23 8.0 kg", "doc", "医生", ""),
                ("老师课堂进餐观察满 8 条", "8 / 8 条 · 最近 11-20", "tea", "教师", ""),
                ("血红蛋白复查", "112 g/L · 11-23", "doc", "医生", ""),
                ("家庭喂养记录满 7 天", "5 / 7 天 · 外婆填写 · 已提醒 1 次", "par", "家长", "等家长"),
                ("家长看过结果并签名", "今天 09:08 已发给妈妈 · 未打开", "par", "家长", "等家长"),
            )
        ],
    },
    "decision": {
        "action": "/cases/1/events",
        "form": {
            "values": {"event": "meet_goals", "reason": "24 天增重 0.4 kg，追赶满意；进餐自主性改善。"},
            "errors": {},
        },
        "options": [
            {"value": "meet_goals", "text": "进入巩固", "hint": "12 周，随访 3 次"},
            {"value": "revise", "text": "继续干预", "hint": "再 4 周，调整方案"},
            {"value": "refer", "text": "转诊", "hint": "生成转诊单和回执"},
        ],
        "fields": [],
        "stop_fields": [],
        "is_stopping": False,
        "button": "确认这个决定",
    },
    "asked": [{"title": "家长想先问问", "text": "要做多久？", "at": "11-20 周五", "href": "#"}],
    "signatures": [{"text": "干预评估 · 第 1 版", "note": "达标", "status": tag("waiting", "等家长")}],
    "take_back_href": "/cases/1/take-back",
    "plan": {
        "goals": [{"measure": "体重 kg", "target": "8.0 以上", "by": "2026-12-21 前"}],
        "summary": "体重长得慢了一点，一起把饭吃好。",
        "tasks": [
            {
                "text": "顺应喂养四步",
                "who": {"role": "par", "text": "家长"},
                "when": "每餐 · 8 周",
                "status": tag("waiting", "等家长"),
            }
        ],
        "version_line": "第 2 版 · 妈妈 10-09 签署",
        "signed": True,
    },
    "referrals": [
        {"to": "示例区妇幼保健所", "at": "11-09", "why": "复筛", "status": tag("waiting", "等回执 14 天"), "href": "#"}
    ],
    "follow_ups": [{"at": "2026-12-21", "text": "巩固期第 1 次复查", "status": tag("waiting", "等医生")}],
    "actions": [
        {"text": "写支持计划", "href": "#", "is_main": True},
        {"text": "开转诊单", "href": "#", "is_main": False},
    ],
}

CASE_PLAIN = CASE | {
    "refusal": None,
    "plan": None,
    "referrals": [],
    "follow_ups": [],
    "actions": [],
    "asked": [],
    "signatures": [],
    "take_back_href": "",
    "badge": "转诊待回执",
    "decision": CASE["decision"]
    | {
        "form": FORM,
        "fields": [{"kind": "date", "name": "due_on", "label": "复筛日期", "hint": "默认 30 天内"}],
        "stop_fields": [
            {"kind": "select", "name": "reason_code", "label": "原因", "options": choices(refused="监护人拒绝")},
            {"kind": "text", "name": "not_done_text", "label": "写一句"},
        ],
        "is_stopping": True,
    },
}

PAGES = {
    "03-check": ("pages/screening/check.html", CHECK),
    "03b-check-refused": ("pages/screening/check.html", REFUSED_CHECK),
    "03c-check-shown": ("pages/screening/shown.html", SHOWN_CHECK),
    "04-case": ("pages/cases/show.html", CASE),
    "04b-case-plain": ("pages/cases/show.html", CASE_PLAIN),
}

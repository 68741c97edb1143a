"""Sample pages with plain forms, and those that everybody may meet."""

from markupsafe import Markup

from tests.web.specimens.frame import BACK, FORM, HOME, SPROUT, choices, family, shell, tag

ABOUT = {"child": SPROUT, "back": BACK, "form": FORM, "action": "/save", "row_version": 3}
FOUND = {
    "name": "豆豆",
    "initial": "豆",
    "shade": "c",
    "age": "男 · 18月2天",
    "born": "2025-05-21",
    "number": "示例-0063",
    "group": "豆芽班",
}

CONSENT_TEXT = {"purpose": "P1", "title": "建立档案", "version": "1", "paragraphs": ["目的"], "digest": "00"}
NEW_CHILD = {
    "shell": shell(current="儿童"),
    "action": "/children",
    "form": {
        "values": {"name": "小芽", "sex": "M", "birth_on": "2099-01-01"},
        "errors": {"birth_on": ["出生日期不能晚于今天"]},
    },
    "relations": choices(mother="妈妈", father="爸爸"),
    "consents": [CONSENT_TEXT],
    "groups": choices(g1="豆芽班"),
    "twins": [{"name": "小芽", "born": "2025-11-20", "number": "示例-0042", "href": "#"}],
}
TASK = {
    "code": "BB05",
    "title": "顺应喂养四步",
    "text": "固定时间和座位；30 分钟内吃完；不追喂、不强迫。",
    "frequency": "每餐",
    "safety": "坐着吃、大人看着",
    "general_safety": "5 岁以下不给整粒坚果",
    "basis": "照护指南",
    "who": choices(guardian="家长", teacher="老师"),
    "note_label": "补充交代（可以不写）",
}
RULE = {
    "text": "指标回到同龄范围；连续两次",
    "basis": "儿童营养性疾病管理技术规范（规范性文件）",
    "parts": [{"text": "血红蛋白≥110", "kind": "met", "status": "已满足"}],
}
PLAN = ABOUT | {
    "shell": shell(current="个案"),
    "title": "写干预计划",
    "refusal": None,
    "goal_numbers": [1, 2],
    "measure_hint": "例如：体重",
    "rule": RULE,
    "services": [{"name": "科学营养档案“帮帮袋”", "provider": "示例医院", "tasks": [TASK]}],
    "limit_note": "家长还能派 2 项（最多 3）",
    "stop_rule": "出现发热、呕吐、皮疹，停止并联系医生；紧急情况拨打 120。",
    "asks_reason": True,
    "evidence": choices(e1="11-20　随访"),
    "sentence_at_most": 80,
}
REFER = ABOUT | {
    "shell": shell(current="个案"),
    "refusal": None,
    "receivers": choices(mch="示例区妇幼保健所"),
    "urgencies": choices(day="当天", d14="14 天内", d30="30 天内"),
    "materials": choices(growth="生长曲线", class_notes="老师观察摘要"),
    "limits": {"reason": 120, "questions": 6, "each": 10},
    "consent": tag("met", "家长已同意向接诊机构提供资料"),
}
FOLLOW_UP = ABOUT | {
    "shell": shell(current="个案"),
    "title": "记一次随访",
    "refusal": None,
    "ways": [],
    "days": [{"kind": "date", "name": "happened_on", "label": "随访日期"}],
    "measures": [{"kind": "number", "name": "weight_kg", "label": "体重", "unit": "kg"}],
    "checks": [{"value": "好转", "text": "症状好转", "hint": "依据：规范"}],
    "outcomes": [],
    "texts": [{"name": "text", "label": "记录", "hint": "看到了什么", "rows": 3}],
    "rule": RULE,
    "steady": "",
    "rounds": [{"text": "干预 6 周", "note": "10-09 至 11-23"}],
    "button": "保存",
    "note": "",
}
CLOSE = FOLLOW_UP | {
    "title": "提出结案",
    "button": "请老师和家长确认",
    "note": "都签了才结案。",
    "ways": [
        {"text": "痊愈/达标", "href": "#", "is_current": True},
        {"text": "排除", "href": "#", "is_current": False},
    ],
    "days": [],
    "measures": [],
    "outcomes": choices(cured="痊愈", better="好转"),
    "steady": "随访 3 / 3 次，巩固 90 / 90 天",
}
NOTE = ABOUT | {
    "shell": shell(current="个案"),
    "title": "记一次联系",
    "facts": ["样本甲的妈妈（妈妈） 13800138000"],
    "refusal": None,
    "fields": [
        {"kind": "radios", "name": "reached", "label": "结果", "options": choices(yes="联系上了")},
        {"kind": "area", "name": "text", "label": "说了什么"},
    ],
    "button": "保存",
}
ANSWER = ABOUT | {
    "shell": shell(current="个案"),
    "title": "有人请医生看看",
    "by": {"role": "tea", "text": "老师"},
    "at": "11-20 周五",
    "text": "这周叫名字常常不回头。",
    "pathways": choices(PW_DEVELOPMENT="发育预警"),
    "record_href": "#",
}
REFERRAL = {
    "shell": shell("mgr", "示例区妇幼保健所", nav=["转来的孩子"], current="转来的孩子"),
    "back": {"text": "转来的孩子", "href": "#"},
    "print_href": "#",
    "record_href": "#",
    "refusal": None,
    "no_reply": None,
    "given_up": "",
    "child": {
        "name": "豆豆",
        "sex_age": "男 · 18月2天",
        "born": "2025-05-21",
        "number": "示例-0063",
        "allergies": "鸡蛋",
        "contacts": ["妈妈 13800138000"],
    },
    "referral": {
        "to": "示例区妇幼保健所 儿童发育行为门诊",
        "origin": "示例街道社区卫生服务中心",
        "at": "2026-11-23",
        "number": "ZZ0001-20261123-001",
        "urgency": "2026-12-23 前就诊",
        "reply_by": "2027-01-06",
        "impression": "发育迟缓待查",
        "medical_history": "足月",
        "closed_note": "另有 1 条随纸质转诊单",
        "reason": "18 月龄预警征 2 条阳性，2 周后复筛仍阳性。",
        "materials": [
            {"role": "tea", "by": "老师", "at": "11-10 至 11-20", "text": "叫名字 5 次中 2 次回头", "note": ""}
        ],
        "questions": ["听力评估", "发育评估"],
        "status": tag("waiting", "等回执"),
    },
    "arrive": [{"text": "收到了", "action": "/received"}, {"text": "接诊", "action": "/accepted"}],
    "decline": {"action": "/decline", "form": FORM},
    "feedback": {
        "action": "/feedback",
        "form": FORM,
        "results": choices(none="未见异常", watch="继续观察", confirmed="确诊"),
        "measures": [{"kind": "number", "name": "DQ", "label": "发育商", "unit": ""}],
        "button": "发出回执",
    },
    "answered": None,
}
REFERRAL_AT_CLINIC = REFERRAL | {
    "shell": shell(current="个案"),
    "arrive": None,
    "decline": None,
    "no_reply": {"action": "/no-reply", "form": FORM, "reasons": choices(declined="家长不愿意")},
}
CONCERN = {
    "name": "米粒",
    "title": "有人请医生看看",
    "text": "这周叫名字常常不回头。",
    "by": {"role": "tea", "text": "老师"},
    "at": "11-20",
    "overdue": "逾期 1 天",
    "href": "#",
}
CASES = {
    "shell": shell(current="个案"),
    "tabs": [
        {"text": "轮到我 2", "href": "#", "is_current": True},
        {"text": "全部 9", "href": "#", "is_current": False},
    ],
    "rows": [
        {
            "name": "豆豆",
            "initial": "豆",
            "shade": "",
            "title": "发育预警",
            "step": 2,
            "step_text": "筛查",
            "state": "转诊待回执",
            "note": "11-20 前",
            "turn": {"role": "doc", "text": "轮到我", "is_mine": True},
            "tag": tag("overdue", "逾期 2 天"),
            "href": "#",
        }
    ],
    "asked": [CONCERN],
    "what_label": "要做的事",
    "empty": "现在没有要您决定的",
}
ENTRY = ABOUT | {
    "shell": shell(current="儿童"),
    "entry": {
        "title": "12 月龄健康检查",
        "role": "doc",
        "by": "儿保门诊医生",
        "section_text": "卫生保健",
        "kind_text": "健康检查",
    },
    "shown": [{"label": "体重", "text": "8.0 kg　中下"}, {"label": "身长", "text": "73.1 cm　中"}],
    "versions": [
        {
            "number": 2,
            "at": "11-23 09:07",
            "by": "医生",
            "note": "更正身长",
            "href": "#",
            "is_current": True,
            "signature": "",
        },
        {"number": 1, "at": "11-23 09:06", "by": "医生", "note": "", "href": "#", "is_current": False, "signature": ""},
    ],
    "check_href": "",
    "correct": {
        "action": "/correct",
        "form": {"values": {"length_cm": "73.1"}, "errors": {"reason": ["请写为什么更正"]}},
        "row_version": 2,
        "fields": [{"name": "length_cm", "label": "身长", "unit": "cm", "kind": "number"}],
    },
}
CONFLICT = {
    "shell": shell(current="儿童"),
    "lead": "护士台 09:07 把身长改成 74.2，您这里是 74.6，还没保存。",
    "fields": [
        {"name": "length_cm", "label": "身长 (cm)", "mine": "74.6", "theirs": "74.2", "base": "", "changed": True}
    ],
    "kept": [{"name": "weight_kg", "value": "9.1"}],
    "action": "/entries/1",
    "row_version": 3,
    "back": HOME,
}
QUEUE = {
    "shell": shell(current="打印"),
    "refresh_href": "#",
    "jobs": [
        {
            "name": "家庭指导单",
            "child": "小芽",
            "at": "09:10",
            "done": 1,
            "total": 1,
            "status": tag("met", "好了"),
            "href": "#",
        },
        {
            "name": "转诊单",
            "child": "豆豆",
            "at": "09:12",
            "done": 21,
            "total": 37,
            "status": tag("waiting", "正在生成"),
            "href": "",
        },
        {
            "name": "档案摘要",
            "child": "米粒",
            "at": "09:13",
            "done": 0,
            "total": 1,
            "status": tag("overdue", "没成"),
            "href": "",
            "problem": "缺下次日期",
            "retry": {"action": "/retry", "row": [{"name": "document", "value": "summary"}]},
        },
    ],
}
DOCUMENTS = ABOUT | {
    "shell": shell(current="儿童"),
    "documents": [
        {"text": "家庭指导单", "note": "A4，一页", "action": "/print", "row": [{"name": "document", "value": "guide"}]}
    ],
}
NOBODY = shell(who=None, nav=[], search_href="", sign_out_href="")
GREETING = {"shell": NOBODY, "action": "/sign-in", "next": "/", "invitation_href": "#"}
INVITED = {"shell": NOBODY, "action": "/invitation", "form": FORM, "relations": choices(mother="妈妈")}
SVG = Markup(
    '<svg viewBox="0 0 10 10" width="120" height="120" role="img" aria-label="二维码"><path d="M0 0h10v10z"/></svg>'
)
MADE = {"code": "K7M29-XQP4D", "qr": SVG, "until": "2026-11-30"}

ACCOUNT = {
    "shell": shell(),
    "sessions": [{"id": 1, "begun": "11-23 08:55", "used": "09:06"}],
    "phones": [{"id": 1, "begun": "09-20", "used": "11-23"}],
    "may_bind": True,
    "has_pin": True,
    "form": FORM,
}

PAGES = {
    "20-search": (
        "pages/children/search.html",
        {
            "shell": shell(current="儿童"),
            "q": "dd",
            "rows": [FOUND | {"href": "#"}],
            "searched": True,
            "new_href": "#",
            "count_text": "找到 1 名",
        },
    ),
    "21-new-child": ("pages/children/new.html", NEW_CHILD),
    "22-invite": (
        "pages/children/invitation.html",
        ABOUT | {"shell": shell(), "authorities": choices(signs="可以签名"), "waiting": [], "made": None},
    ),
    "22b-invited": ("pages/children/invitation.html", ABOUT | {"shell": shell(), "made": MADE}),
    "23-entry": ("pages/children/entry.html", ENTRY),
    "24-cases": ("pages/cases/index.html", CASES),
    "25-new-case": (
        "pages/cases/new.html",
        ABOUT | {"shell": shell(), "pathways": choices(PW_ANEMIA="缺铁性贫血"), "refusal": None},
    ),
    "26-plan": ("pages/cases/plan.html", PLAN),
    "27-refer": ("pages/cases/refer.html", REFER),
    "28-follow-up": ("pages/cases/look_again.html", FOLLOW_UP),
    "29-close": ("pages/cases/look_again.html", CLOSE),
    "29b-note": ("pages/cases/note.html", NOTE),
    "29c-answer": ("pages/cases/answer.html", ANSWER),
    "30-referral": ("pages/specialist/referral.html", REFERRAL),
    "30b-referral-at-clinic": ("pages/specialist/referral.html", REFERRAL_AT_CLINIC),
    "31-referrals": (
        "pages/specialist/index.html",
        {
            "shell": REFERRAL["shell"],
            "rows": [REFERRAL["referral"] | {"name": "豆豆", "sex_age": "男 · 18月2天", "href": "#"}],
        },
    ),
    "41-sign-in": (
        "pages/sign_in.html",
        GREETING
        | {
            "form": {"values": {"login": "doctor"}, "errors": {"login": ["账号或密码不对"]}},
            "demo": [{"text": "社区医生", "login": "doctor"}],
        },
    ),
    "42-invitation": ("pages/invitation.html", INVITED),
    "43-print-queue": ("pages/print/queue.html", QUEUE),
    "44-print-choose": ("pages/print/choose.html", DOCUMENTS),
    "46-account": ("pages/account.html", ACCOUNT),
    "47-bound-phone": ("pages/open_by_phone.html", {"shell": family(), "action": "/open", "form": FORM}),
    "45-conflict": ("pages/conflict.html", CONFLICT),
} | {
    f"9-{code}": (f"errors/{code}.html", {"shell": shell(), "message": "", "request_id": "示例编号"})
    for code in (400, 403, 404, 409, 422, 429, 500, 503)
}

"""Sample documents: plausible ones, and ones whose every text is as long as it may be."""

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta, timezone

from mengya_health.growth.chart import FAMILY, Chart, growth_chart
from mengya_health.growth.visits import Visit
from mengya_health.handouts.content import (
    CaseLine,
    ChildFacts,
    ClosingSummary,
    Comparison,
    ContactTry,
    Hand,
    HandSummary,
    HomeGuide,
    HomeTask,
    Imprint,
    MeasurementRow,
    Note,
    PlannedVisit,
    RecordSummary,
    ReferralLetter,
    Signature,
    SignatureReceipt,
    TitledChart,
    Urgency,
)

SHANGHAI = timezone(timedelta(hours=8))
MONDAY = date(2026, 11, 23)
NINE_OCLOCK = datetime(2026, 11, 23, 9, 32, tzinfo=SHANGHAI)


def an_imprint(number="TX3101062026000042-7", **changes):
    imprint = Imprint(
        number=number,
        district="示例区",
        organisation="示例街道社区卫生服务中心",
        printed_at=NINE_OCLOCK,
        printed_by="李医生（示例）",
        sign_in_url="https://example.invalid/s/7KQ2M9XW4H",
        checkpoint="mengya_health/018f0000-0000-7000-8000-0000000000dd\n1024\n"
        "KcUCM3QFFKuiZHHZzuVBsaXKozcMyop7fCxeoxxoLoE=\n",
    )
    return replace(imprint, **changes)


def a_child(**changes):
    child = ChildFacts(
        name="小芽（示例）",
        record_number="TX3101062026000042-7",
        sex="男",
        born_on=date(2025, 11, 20),
        age="12月3天",
        corrected_age="10月24天",
        gestation="孕34周+2天",
        allergies=("鸡蛋",),
    )
    return replace(child, **changes)


MEASURED = (  # on, weight_kg, lenhei_cm, headc_cm
    (date(2026, 4, 8), "5.9", "60.1", "39.8"),
    (date(2026, 6, 10), "6.6", "64.9", "41.9"),
    (date(2026, 7, 12), "6.7", "67.0", "42.6"),
    (date(2026, 9, 28), "7.1", "71.2", "44.2"),
    (date(2026, 10, 30), "7.6", None, None),
    (MONDAY, "8.0", "74.6", "45.2"),
)
BORN_ON, GESTATIONAL_DAYS = date(2025, 11, 20), 240


def a_chart(indicator="wfa", title="体重图", note="", **how):
    visits = [
        Visit(
            sex="M",
            birth_on=BORN_ON,
            measured_on=on,
            gestational_days=GESTATIONAL_DAYS,
            weight_kg=weight,
            lenhei_cm=length,
            headc_cm=head,
            position="l" if length else None,
        )
        for on, weight, length, head in MEASURED
    ]
    chart = growth_chart(
        indicator,
        "M",
        visits,
        birth_on=BORN_ON,
        gestational_days=GESTATIONAL_DAYS,
        today_on=MONDAY,
        size="narrow",
        **how,
    )
    return TitledChart(title=title, chart=chart, note=note)


def four_charts():
    titles = {"wfa": "体重", "lhfa": "身长", "wflh": "体重/身长", "hcfa": "头围"}
    return tuple(a_chart(indicator, title) for indicator, title in titles.items())


def a_home_guide(**changes):
    guide = HomeGuide(
        imprint=an_imprint(),
        child=a_child(),
        step=3,
        sentence="小芽的体重开始追上来了：24 天长了 0.4 公斤，现在 8.0 公斤。请继续下面三件事。",
        weeks=4,
        tasks=(
            HomeTask(
                title="定时吃，吃完就收",
                how_often="每天 3 次正餐",
                how="每天 3 次正餐、2 次点心加奶。每餐 20–30 分钟，不追着喂，不看屏幕。",
            ),
            HomeTask(
                title="让他自己抓着吃",
                how_often="每天 1 次",
                how="软的条状食物，如蒸南瓜条、香蕉条。小芽对鸡蛋过敏，先不加鸡蛋。",
                safety="大人坐在旁边看着，防呛；不给整粒坚果和硬块。",
            ),
            HomeTask(
                title="晚饭后记一笔",
                how_often="每天 1 次",
                how="奶喝了几次、正餐吃了多少。用手机点 3 下，或写在下面的表里。",
            ),
        ),
        cautions=("出现发热、呕吐、皮疹、呼吸不舒服或哭闹不止，先停下来，联系医生；紧急情况拨打 120。",),
        chart=a_chart(note="圆点是小芽。一直往上走就好，不必在正中间。两条虚线之间都常见。", audience=FAMILY),
        log_columns=("奶/次", "正餐吃大半", "自己抓"),
        log_days=tuple(MONDAY + timedelta(days=n) for n in range(1, 8)),
        go_now=("精神差、叫不醒", "连续两顿不吃奶不吃饭", "尿明显变少", "反复呕吐或高热"),
        next_visit_on=date(2026, 12, 21),
        doctor="李医生（示例）",
        phone="",
    )
    return replace(guide, **changes)


def a_referral_letter(**changes):
    letter = ReferralLetter(
        imprint=an_imprint("ZZ0123-20261123-004"),
        child=a_child(
            name="豆豆（示例）",
            born_on=date(2025, 5, 21),
            age="18月2天",
            corrected_age=None,
            gestation="足月",
            allergies=(),
        ),
        case_number="TX3101062026000063-2-DEV-01",
        to_organisation="示例区妇幼保健所",
        to_department="儿童发育行为门诊",
        guardian="样本妈妈（母亲）",
        urgency=Urgency.IN_30_DAYS,
        reason="18 月龄预警征 2 条阳性（不会有意识叫“爸爸”或“妈妈”；不会按要求指人或物），2 周后复筛仍阳性。",
        impression="语言发育需要评估",
        history="足月顺产，新生儿听力筛查通过，按时接种。",
        materials=(
            Note(
                hand=Hand.DOCTOR,
                when="11-09、11-23",
                text="体重 11.0 kg（中）、身长 82.0 cm（中）；耳部外观未见异常；听力复查未做",
            ),
            Note(
                hand=Hand.TEACHER,
                when="11-10 至 11-20",
                text="6 条：叫名字 5 次中 2 次回头；会拉大人的手去拿东西；不用手指指物",
            ),
            Note(hand=Hand.GUARDIAN, when="11-22", text="在家说 2 个近似音；家中说普通话和方言；每天看屏幕约 2 小时"),
        ),
        questions=("听力评估", "发育评估", "诊断意见", "后续由谁随访"),
        doctor="李医生（示例）",
        issued_on=MONDAY,
        reply_by=date(2026, 12, 7),
    )
    return replace(letter, **changes)


def a_record_summary(**changes):
    summary = RecordSummary(
        imprint=an_imprint(),
        child=a_child(),
        family=("样本妈妈（母亲，监护人）", "样本外婆（祖辈）"),
        clinic="示例街道社区卫生服务中心　李医生（示例）",
        nursery="示例托育园　芽芽班",
        charts=four_charts(),
        measurements=(
            MeasurementRow(
                measured_on=MONDAY,
                age="12月3天",
                weight_kg="8.0",
                length_cm="74.6",
                head_cm="45.2",
                judged="体重中下 · 身长中",
            ),
            MeasurementRow(measured_on=date(2026, 10, 30), age="11月10天", weight_kg="7.6", judged="体重下"),
        ),
        notes=(
            Note(hand=Hand.DOCTOR, when="11-23", text="体重追上来了 0.4 kg；继续三餐两点，四周后再称。"),
            Note(hand=Hand.TEACHER, when="11-20", text="午饭能自己抓着吃完大半碗，坐得住 20 分钟。"),
            Note(hand=Hand.GUARDIAN, when="11-22", text="晚上奶从 2 次减到 1 次，早饭吃得多了。"),
        ),
        cases=(
            CaseLine(
                number="TX3101062026000042-7-NUT-01",
                title="低体重",
                opened_on=date(2026, 9, 28),
                state="干预中",
                next="12-21 前复测体重",
            ),
        ),
        visits=(PlannedVisit(due_on=date(2026, 12, 21), what="低体重随访：称体重"),),
    )
    return replace(summary, **changes)


def a_closing_summary(**changes):
    summary = ClosingSummary(
        imprint=an_imprint("TX3101062026000042-7-NUT-01"),
        child=a_child(corrected_age=None, age="18月1天"),
        condition="低体重",
        opened_on=date(2026, 9, 28),
        basis="体重 7.1 kg，低于中位数 2 个标准差（WS/T 423—2022），两次测量一致。",
        hands=(
            HandSummary(hand=Hand.DOCTOR, text="随访 6 次；饮食分析 1 次；转诊 1 次，回执已收：未见器质性问题。"),
            HandSummary(hand=Hand.TEACHER, text="观察 18 条；班级任务完成 22/24 次；进餐由喂改为自己吃。"),
            HandSummary(hand=Hand.GUARDIAN, text="家庭任务完成 81%；满意度 5 分；愿意继续每月称一次。"),
        ),
        comparisons=(
            Comparison(measure="体重", at_opening="7.1 kg（下）", latest="10.2 kg（中）", change="+3.1 kg"),
            Comparison(measure="年龄别体重 Z", at_opening="−2.31", latest="−0.62", change="稳定 3 次，共 12 周"),
        ),
        closed_on=date(2027, 5, 21),
        reason="痊愈/达标",
        outcome="痊愈",
        advice="继续三餐两点，自己吃；每月称一次体重；若连续两个月不长，提前来门诊。",
        next_check_on=date(2027, 11, 22),
        signatures=(
            Signature(
                hand=Hand.DOCTOR,
                who="李医生（示例）",
                signed_at=datetime(2027, 5, 21, 10, 2, tzinfo=SHANGHAI),
                level="电子签名·系统代管密钥",
                version="第2版",
            ),
            Signature(
                hand=Hand.TEACHER,
                who="王老师（示例）",
                signed_at=datetime(2027, 5, 19, 16, 40, tzinfo=SHANGHAI),
                level="电子签名·系统代管密钥",
                version="第1版",
            ),
            Signature(
                hand=Hand.GUARDIAN,
                who="样本妈妈（母亲）",
                signed_at=datetime(2027, 5, 20, 21, 15, tzinfo=SHANGHAI),
                level="电子签名·系统代管密钥",
                version="第2版",
            ),
        ),
    )
    return replace(summary, **changes)


def a_signature_receipt(**changes):
    receipt = SignatureReceipt(
        imprint=an_imprint(),
        child=a_child(),
        what="支持计划",
        version=2,
        decision="同意",
        who="样本妈妈（母亲）",
        capacity="监护人",
        level="电子签名·系统代管密钥",
        signed_at=NINE_OCLOCK,
        agreement_version="2026.11-2",
        shown_digest="a1" * 32,
        entry_commit="b2" * 32,
        statement_digest="c3" * 32,
        public_key="d4" * 32,
        chain_position=41,
        checkpoint=an_imprint().checkpoint,
        checkpoint_size=1024,
        checkpoint_root="e5" * 32,
        log_key="f6" * 32,
    )
    return replace(receipt, **changes)


def a_full_signature_receipt():
    """The longest there is: on paper, taken back, its checkpoint a whole signed note, a key of RSA."""
    note = (
        an_imprint().checkpoint
        + "prev "
        + "A" * 44
        + "\nerasures "
        + "B" * 44
        + "\n\n— mengya_health "
        + "C" * 92
        + "\n"
    )
    longest = a_signature_receipt(witnesses=("李医生（示例）",), withdrawn_at=NINE_OCLOCK, checkpoint=note)
    return replace(filled_to_its_limits(longest), public_key="d4" * 294)


def filled_to_its_limits(thing):
    """The same thing with every text as long, and every list as full, as its class allows."""
    names = [f for f in fields(thing) if f.name != "instead"]  # stands in the place of a signature, not beside it
    return replace(thing, **{f.name: _filled(getattr(thing, f.name), f.metadata) for f in names})


def _filled(value, limits):
    at_most, each = limits.get("at_most"), limits.get("each")
    if isinstance(value, tuple) and value:
        return tuple(_filled(value[n % len(value)], {"at_most": each}) for n in range(at_most))
    if isinstance(value, str) and at_most:
        return ("TX3101062026000042-7-" * 9)[:at_most] if limits.get("ascii") else words(at_most)
    return filled_to_its_limits(value) if is_dataclass(value) and not isinstance(value, Chart) else value


def words(length):
    return ("童馨档案由家长老师和医生一起写，孩子慢慢长大。" * (length // 20 + 1))[:length]


def a_full_home_guide():
    """Three tasks as long as the longest of the service menu, and every general safety text beside them."""
    guide = filled_to_its_limits(a_home_guide(cautions=(), tasks=()))
    tasks = tuple(replace(filled_to_its_limits(task), note="") for task in a_home_guide().tasks)
    return replace(guide, tasks=tasks, cautions=(words(112), words(88), words(48)))


def a_full_closing_summary():
    contact = ContactTry(tried_on=MONDAY, way="电话", result="没有人接")
    return filled_to_its_limits(a_closing_summary(contacts=(contact,)))


def a_full_record_summary():
    return filled_to_its_limits(a_record_summary(left_out=("监护人没有同意分享的班级观察",)))


FULL = {
    "home_guide": a_full_home_guide,
    "referral_letter": lambda: filled_to_its_limits(a_referral_letter()),
    "record_summary": a_full_record_summary,
    "closing_summary": a_full_closing_summary,
    "signature_receipt": a_full_signature_receipt,
}

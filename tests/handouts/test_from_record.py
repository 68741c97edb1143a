"""Each paper filled from a record that was written by the product's own commands."""

from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from mengya_health.care import closing, commands, concerns, referrals
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.handouts.content import Hand, Urgency
from mengya_health.handouts.from_record import DOCUMENTS
from mengya_health.handouts.from_record.sheet import CLINIC_WORDS, allergies_in
from mengya_health.handouts.render import render_document
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import consents_of, give_consent, withdraw_consent
from tests.authenticator import enrolled
from tests.care.walking import STORIES, Walk
from tests.factories import PIN, a_child
from tests.handouts.test_render import text_of, without_spaces

CHECK = {
    "visit": "V_12M",
    "readings": [{"code": "WEIGHT", "value": "9.1"}, {"code": "LENGTH", "value": "74.6"}],
    "position": "l",
    "findings": [],
    "conclusion": "routine",
    "advice": "每天户外2小时，避开正午。\n睡前刷牙：大人帮着刷。",
}


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return (
        Walk(installation, work_as, clock, STORIES[0], district)
        .prepare(allergies="鸡蛋", gestational_days=252)
        .flagged()
    )


def filled(walk: Walk, document: str, subject_id: UUID | None = None, *, actor=None):
    with walk.work_as(actor or walk.doctor, writing=False) as work:
        return DOCUMENTS[document](work, find_child(work, walk.child.id), subject_id)


def printed(document: str, content) -> str:
    return text_of(render_document(document, content))


def texts_of(content) -> str:
    """Every text of a paper but its charts, whose words are their own."""
    if isinstance(content, str):
        return content + "\n"
    if isinstance(content, tuple):
        return "".join(texts_of(each) for each in content)
    if is_dataclass(content) and not type(content).__module__.endswith("growth.chart"):
        return "".join(texts_of(getattr(content, field.name)) for field in fields(content))
    return ""


def write_check(walk: Walk, **changed) -> UUID:
    with walk.as_(walk.doctor) as work:
        content = CHECK | changed
        child = find_child(work, walk.child.id)
        return record_entry(work, child, section="health", kind="screening", content=content, happened_on=work.today).id


# --- home guide -------------------------------------------------------------------------------------------------------


def test_home_guide_prints_the_plan_with_every_safety_text_on_one_page(walk):
    walk.make_plan()
    walk.agree()
    guide = filled(walk, "home_guide", walk.case_id)
    pdf = render_document("home_guide", guide)
    text, task = text_of(pdf), guide.tasks[0]
    assert pdf.pages == 1
    rules = walk.installation.content.task_rules
    for expected in (walk.plan["summary"], task.title, task.how, task.safety, rules.stop_rule, rules.feeding_safety):
        assert without_spaces(expected) in text
    assert rules.tcm_safety not in guide.cautions
    assert "孩子对鸡蛋过敏：上面如果写到，就跳过，不给孩子用。" in text
    assert [task.title for task in guide.tasks] == ["每天四类食物"]
    assert guide.step == 3
    assert guide.next_visit_on == guide.imprint.printed_at.date() + timedelta(days=30)


def test_home_guide_says_nothing_a_clinic_would_say(walk):
    walk.make_plan()
    guide = filled(walk, "home_guide", walk.case_id)
    words = (*CLINIC_WORDS, walk.facts().pathway.name, "低体重", "SD", "UND")
    assert not [word for word in words if word in texts_of(guide)]
    assert guide.imprint.number == walk.child.number


def test_home_guide_of_a_proposed_plan_leaves_the_next_visit_to_be_written(walk):
    walk.make_plan()
    guide = filled(walk, "home_guide", walk.case_id, actor=walk.mother)
    assert guide.next_visit_on is None
    assert (guide.weeks, guide.log_columns) == (8, ("每天四类食物",))


def test_home_guide_refuses_a_sentence_too_long_and_names_it(walk):
    walk.plan["summary"] = "慢慢来，" * 30
    walk.make_plan()
    with pytest.raises(Invalid) as refusal:
        filled(walk, "home_guide", walk.case_id)
    assert refusal.value.fields == {"sentence": ["写给家长的一句话：打印时最多 80 个字，现在有 120 个字，请缩短。"]}


def test_home_guide_takes_the_first_paragraph_of_a_long_summary(walk):
    walk.plan["summary"] = "孩子最近长得慢了一点。\n" + "接下来几周慢慢来，" * 15
    walk.make_plan()
    assert filled(walk, "home_guide", walk.case_id).sentence == "孩子最近长得慢了一点。"


def test_home_guide_refuses_words_that_are_not_for_families(walk):
    walk.plan["summary"] = "筛查阳性，请配合。"
    walk.make_plan()
    with pytest.raises(Invalid) as refusal:
        filled(walk, "home_guide", walk.case_id)
    assert "阳性" in refusal.value.fields["sentence"][0]


def test_home_guide_prints_what_the_doctor_added_to_a_task(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[1], district).prepare()
    walk.flagged()
    walk.make_plan()
    guide = filled(walk, "home_guide", walk.case_id)
    assert [task.note for task in guide.tasks] == ["", "按处方，两餐之间，每天一次"]
    text = printed("home_guide", guide)
    assert "按处方，两餐之间，每天一次" in text
    assert all(without_spaces(task.safety) in text for task in guide.tasks)


def test_home_guide_needs_a_plan_with_something_to_do_at_home(walk):
    with pytest.raises(NotNow):
        filled(walk, "home_guide", walk.case_id)
    walk.plan["tasks"] = [{"item": "BB05", "who": "teacher"}]
    walk.make_plan()
    with pytest.raises(NotNow):
        filled(walk, "home_guide", walk.case_id)


def test_home_guide_of_the_last_check_prints_the_doctors_advice_line_by_line(walk):
    write_check(walk)
    guide = filled(walk, "home_guide")
    assert [(task.title, task.how) for task in guide.tasks] == [
        ("每天户外2小时", "避开正午。"),
        ("睡前刷牙", "大人帮着刷。"),
    ]
    assert "体重 9.1 公斤，身长 74.6 厘米" in guide.sentence
    assert walk.installation.content.task_rules.feeding_safety in guide.cautions
    assert render_document("home_guide", guide).pages == 1


def test_home_guide_of_the_last_check_refuses_more_than_three_things(walk):
    write_check(walk, advice="\n".join("每天一件小事" for _ in range(4)))
    with pytest.raises(Invalid) as refusal:
        filled(walk, "home_guide")
    assert "最多 3 件事" in refusal.value.fields["advice"][0]


def test_home_guide_needs_advice_to_print(walk):
    write_check(walk, advice="")
    with pytest.raises(NotNow):
        filled(walk, "home_guide")


# --- referral letter --------------------------------------------------------------------------------------------------


def refer(walk: Walk, **changed) -> UUID:
    wanted = {
        "receiver_id": walk.district.mch_institute_id,
        "within": "SLA_REFER_URGENT",
        "reason": "年龄别体重Z评分低于 −2，复测一致，请评估病因。",
        "materials": ["chart"],
        "questions": ["诊断意见", "后续由谁随访"],
    }
    with walk.as_(walk.doctor) as work:
        return referrals.refer_child(work, walk.case_id, **(wanted | changed)).id


def test_referral_letter_carries_reason_materials_consent_and_reply_date_on_one_page(walk):
    walk.observe()
    referral_id = refer(walk)
    letter = filled(walk, "referral_letter", referral_id)
    pdf = render_document("referral_letter", letter)
    text = text_of(pdf)
    assert pdf.pages == 1
    for expected in (
        letter.reason,
        "示例区妇幼保健所",
        f"{walk.child.number}-UND-01",
        "体重6.9kg（下）",
        "鸡蛋",
        "样本甲的妈妈（母亲）",
        "13800138000",
        "监护人在纸上签过",
        "纸质签名·当面见证",
        f"请在{letter.reply_by}前回传",
    ):
        assert without_spaces(expected) in text
    assert text.count(letter.imprint.number) >= 3  # on the letter, on the slip, at the foot
    assert letter.urgency is Urgency.IN_14_DAYS


@pytest.mark.parametrize(
    ("within", "box"),
    [
        ("SLA_REFER_EMERG", Urgency.TODAY),
        ("SLA_REFER_3D", Urgency.IN_3_DAYS),
        ("SLA_REFER_SOON", Urgency.IN_7_DAYS),
        ("SLA_REFER_DX", Urgency.IN_30_DAYS),
    ],
)
def test_referral_letter_never_gives_more_time_than_the_limit(walk, within, box):
    assert filled(walk, "referral_letter", refer(walk, within=within)).urgency is box


def test_referral_letter_refuses_a_reason_too_long_and_names_it(walk):
    with pytest.raises(Invalid) as refusal:
        filled(walk, "referral_letter", refer(walk, reason="请评估。" * 40))
    assert refusal.value.fields["reason"][0].startswith("转诊原因：打印时最多 120 个字")


def test_referral_letter_leaves_lines_to_sign_where_the_consent_was_taken_back(walk):
    referral_id = refer(walk)
    with walk.as_(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        for consent in consents_of(work, child):
            if consent.purpose == "P3":
                withdraw_consent(work, child, consent.id)
    assert filled(walk, "referral_letter", referral_id).consent is None


def test_referral_letter_says_word_for_word_how_a_consent_was_given(walk):
    with walk.as_(walk.mother) as work:
        child = find_child(work, walk.child.id)
        give_consent(
            work,
            child,
            "P3",
            shown_digest=text_digest(work, "P3"),
            receiver_id=walk.district.mch_institute_id,
            pin=PIN,
        )
    letter = filled(walk, "referral_letter", refer(walk))
    assert (letter.consent.who, letter.consent.level) == ("样本甲的妈妈（母亲）", "电子同意·签名密码确认")
    assert letter.consent.version.startswith("告知书 20")
    assert without_spaces("电子同意·签名密码确认") in printed("referral_letter", letter)


def test_referral_letter_groups_many_materials_by_hand_and_never_gives_what_was_taken_back(walk):
    with walk.as_(walk.teacher) as work:
        child = find_child(work, walk.child.id)
        seen = [
            record_entry(
                work,
                child,
                section="behaviour",
                kind="observation",
                content={"domain": "eat", "items": [], "logs": [{"name": "meal", "value": "half"}], "note": note},
                happened_on=work.today - timedelta(days=days),
            ).id
            for days, note in ((3, "追着喂"), (2, "自己拿勺"), (1, "坐得住"), (0, "要了第二碗"))
        ]
    referral_id = refer(walk, materials=["chart", *map(str, seen)])
    growth, observed = filled(walk, "referral_letter", referral_id).materials
    assert growth.hand is Hand.DOCTOR
    assert observed.hand is Hand.TEACHER
    assert observed.when == "11-20 至 11-23"
    assert observed.text.startswith("4 条：饭吃了一半；要了第二碗；")
    with walk.as_(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        shared = next(c for c in consents_of(work, child) if c.purpose == "P2")
        withdraw_consent(work, child, shared.id)
    letter = filled(walk, "referral_letter", referral_id)
    assert "第二碗" not in texts_of(letter)


def test_referral_letter_is_printed_by_the_clinic_only(walk):
    referral_id = refer(walk)
    with pytest.raises(NotPermitted):
        filled(walk, "referral_letter", referral_id, actor=walk.mother)


def test_a_referral_of_another_child_is_not_found(walk):
    referral_id = refer(walk)
    with walk.work_as(walk.doctor) as work:
        other = a_child(work, walk.district, name="样本乙")
        with pytest.raises(NotFound):
            DOCUMENTS["referral_letter"](work, other, referral_id)
        with pytest.raises(NotFound):
            DOCUMENTS["home_guide"](work, other, walk.case_id)


# --- record summary ---------------------------------------------------------------------------------------------------


def test_record_summary_of_a_child_just_registered_fits_one_page(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    summary = filled(walk, "record_summary")
    assert summary.measurements == summary.cases == summary.charts == ()
    pdf = render_document("record_summary", summary)
    assert pdf.pages == 1
    assert walk.child.number in text_of(pdf)


def test_record_summary_shows_charts_measurements_notes_and_cases_on_two_pages(walk):
    walk.make_plan()
    walk.agree()
    walk.do_tasks(3)
    walk.observe()
    write_check(walk)
    summary = filled(walk, "record_summary")
    pdf = render_document("record_summary", summary)
    text = text_of(pdf)
    assert pdf.pages <= 2
    assert [chart.title for chart in summary.charts] == ["体重", "身长/身高", "体重/身长"]
    assert [row.weight_kg for row in summary.measurements] == ["9.1", "6.9"]
    assert summary.measurements[1].judged.startswith("体重下")
    for expected in (f"{walk.child.number}-UND-01", "低体重/生长迟缓/消瘦", "干预中", "示例幼儿园小一班", "鸡蛋"):
        assert expected in text
    assert {note.hand for note in summary.notes} == {Hand.DOCTOR, Hand.TEACHER, Hand.GUARDIAN}


def test_record_summary_for_the_family_has_plain_words_and_no_case_number(walk):
    walk.make_plan()
    write_check(walk, advice="未见异常。")
    summary = filled(walk, "record_summary", actor=walk.mother)
    words = (*CLINIC_WORDS, "低体重", "UND", "SD", "体重下")
    assert not [word for word in words if word in texts_of(summary)]
    assert summary.cases[0].title == "体重身高关注"
    assert "体重偏轻" in summary.measurements[-1].judged
    assert render_document("record_summary", summary).pages <= 2


def test_record_summary_says_what_it_leaves_out(walk):
    for months in range(1, 9):
        walk.clock.forward(days=30)
        write_check(walk, advice=f"第 {months} 次")
    with walk.as_(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        shared = next(c for c in consents_of(work, child) if c.purpose == "P2")
        withdraw_consent(work, child, shared.id)
    summary = filled(walk, "record_summary")
    assert summary.left_out == ("班级记录（家长没有同意分享）", "更早的测量和记录")
    assert [note.text for note in summary.notes][0].endswith("第 8 次")
    assert len(summary.measurements) == 6
    assert "本摘要不含：班级记录（家长没有同意分享）；更早的测量和记录。" in printed("record_summary", summary)


def test_record_summary_is_closed_to_teachers(walk):
    with pytest.raises(NotPermitted):
        filled(walk, "record_summary", actor=walk.teacher)


# --- closing summary --------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(walk) -> Walk:
    walk.make_plan()
    walk.agree()
    walk.support()
    walk.consolidate()
    walk.propose_closure()
    return walk


def test_closing_summary_shows_figures_hands_and_signatures_on_one_page(closed):
    before = filled(closed, "closing_summary", closed.case_id)
    assert before.closed_on is None
    assert "待三方确认" in printed("closing_summary", before)
    closed.confirm_in_class()
    mother = replace(closed.mother, reauthenticated_at=closed.clock.now)
    phone = enrolled(closed.work_as, mother, counts=False)
    closed.sign_by_passkey(closed.mother, phone, closing.confirm_closure, "closing_summary", "guardian")
    summary = filled(closed, "closing_summary", closed.case_id)
    pdf = render_document("closing_summary", summary)
    text = text_of(pdf)
    assert pdf.pages == 1
    for expected in (
        f"{closed.child.number}-UND-01",
        "低体重/生长迟缓/消瘦",
        "体重6.9kg",
        "+2.7kg",
        "痊愈/达标",
        "随访5次",
        "家庭任务记录7次，做了7次",
        "在班里吃得好，愿意说话",
        "电子签名·系统代管密钥",
        "电子签名·本人设备密钥（自行登记，可同步）",
        "不良事件未记录",
    ):
        assert without_spaces(expected) in text
    assert text.count("电子签名·系统代管密钥第1版") == 1
    assert [signature.hand for signature in summary.signatures] == [Hand.DOCTOR, Hand.TEACHER, Hand.GUARDIAN]
    assert summary.signatures[0].signed_at is None


def test_closing_summary_names_why_a_hand_did_not_sign(walk):
    with walk.as_(walk.doctor) as work:
        concerns.log_contact(work, walk.case_id, way="phone", is_reached=False, text="没有人接")
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="7", reason="家长不愿意继续", not_done="declined")
    summary = filled(walk, "closing_summary", walk.case_id)
    assert summary.reason == "监护人拒绝"
    assert summary.outcome == "未评估"
    assert summary.contacts == ()
    assert "家长不愿意继续" in summary.hands[0].text
    assert [signature.instead for signature in summary.signatures] == ["", "没有班级确认", "个案中止，没有请家长签名"]
    assert render_document("closing_summary", summary).pages == 1


def test_closing_summary_says_that_the_family_took_its_signature_back(closed):
    closed.confirm_in_class()
    closed.confirm_closure()
    with closed.as_(closed.mother) as work:
        closing.withdraw_closing(work, closed.case_id, reason="还想再看看")
    assert filled(closed, "closing_summary", closed.case_id).signatures[-1].instead == "家长签过，已撤回"


def test_closing_summary_of_a_case_that_goes_on_is_refused(walk):
    with pytest.raises(NotNow):
        filled(walk, "closing_summary", walk.case_id)


# --- sheet ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "allergies"),
    [
        ("", None),
        ("无", ()),
        ("否认药物过敏史", ()),
        ("鸡蛋、牛奶", ("鸡蛋", "牛奶")),
        ("对鸡蛋过敏；无药物过敏史", ("鸡蛋",)),
        ("食物过敏", ("食物",)),
    ],
)
def test_allergies_are_told_one_by_one(text, allergies):
    assert allergies_in(text) == allergies


def test_an_allergy_that_does_not_fit_is_refused_and_never_cut(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare(allergies="注射青霉素以后全身起疹子")
    with pytest.raises(Invalid) as refusal:
        filled(walk, "record_summary")
    assert refusal.value.fields == {"allergies": ["儿童信息里的过敏：打印时每条最多 8 个字，请缩短。"]}


def test_a_paper_knows_which_versions_it_was_made_from(walk):
    walk.make_plan()
    guide = filled(walk, "home_guide", walk.case_id)
    plan = walk.facts().newest("care_plan")
    assert guide.imprint.sources == (f"{plan.id}@1",)


def test_the_address_on_paper_is_a_sign_in_page_without_a_name(walk):
    walk.make_plan()
    imprint = filled(walk, "home_guide", walk.case_id).imprint
    assert imprint.sign_in_url == f"http://localhost:8000/sign-in#{walk.child.number}"
    assert replace(imprint, printed_by="").district == "示例区"
    assert imprint.printed_at.date() == date(2026, 11, 23)

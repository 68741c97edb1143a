"""Printed documents, by their text, pages and fonts."""

import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from mengya_health.errors import Invalid
from mengya_health.handouts.limits import RenderFailed
from mengya_health.handouts.render import DOCUMENTS, render_document, render_in_child
from tests.handouts import samples

SAMPLES = {
    "home_guide": samples.a_home_guide,
    "referral_letter": samples.a_referral_letter,
    "record_summary": samples.a_record_summary,
    "closing_summary": samples.a_closing_summary,
    "signature_receipt": samples.a_signature_receipt,
}
TITLES = {
    "home_guide": "家庭指导单",
    "referral_letter": "儿童转诊单",
    "record_summary": "档案摘要",
    "closing_summary": "结案小结",
    "signature_receipt": "签名回执",
}
ROOT = Path(__file__).parents[2]


def text_of(pdf):
    """All text without spaces: a line break on paper may fall anywhere."""
    pages = PdfReader(BytesIO(pdf.content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def without_spaces(text):
    return "".join(text.split())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_document_carries_its_title_number_child_and_imprint(document):
    content = SAMPLES[document]()
    pdf = render_document(document, content)
    text, pdf_pages = text_of(pdf), pdf.pages
    for expected in (
        TITLES[document],
        "示例区童馨档案",
        content.imprint.number,
        without_spaces(content.child.name),
        "打印2026-11-2309:32李医生（示例）",
        "含个人健康信息，请妥善保管",
        f"第1/{pdf_pages}页",
    ):
        assert expected in text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_our_two_fonts_and_no_others_are_embedded(document):
    pdf = render_document(document, SAMPLES[document]())
    names, embedded = set(), True
    for page in PdfReader(BytesIO(pdf.content)).pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object()
            descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            names.add(font["/BaseFont"].split("+")[-1])
            embedded = embedded and ("/FontFile2" in descriptor or "/FontFile3" in descriptor)
    assert embedded
    assert {name.replace("-", "") for name in names} <= {"NotoSansSC", "NotoSansSCBold"}


def test_home_guide_says_things_in_the_agreed_order():
    text = text_of(render_document("home_guide", samples.a_home_guide()))
    order = ["一句话", "这4周在家做三件事", "我来记", "出现这些，不等预约，直接就医", "下次来", "家长签阅"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_home_guide_prints_every_safety_text():
    guide = samples.a_home_guide()
    text = text_of(render_document("home_guide", guide))
    for safety in [task.safety for task in guide.tasks] + list(guide.cautions):
        assert without_spaces(safety) in text


def test_referral_letter_repeats_its_number_on_the_slip():
    text = text_of(render_document("referral_letter", samples.a_referral_letter()))
    slip = text[text.index("转诊回执") :]
    assert slip.startswith("转诊回执ZZ0123-20261123-004")
    assert all(reader in slip for reader in ("给医生", "给园所", "给家长"))


def test_closing_summary_prints_the_level_of_every_signature():
    summary = samples.a_closing_summary()
    text = text_of(render_document("closing_summary", summary))
    assert text.count("电子签名·系统代管密钥") == len(summary.signatures)


def test_a_missing_signature_is_explained_and_shows_no_level():
    doctor, teacher, guardian = samples.a_closing_summary().signatures
    absent = replace(teacher, who="", signed_at=None, level="", version="", instead="孩子不在托，无需班级确认")
    pdf = render_document("closing_summary", samples.a_closing_summary(signatures=(doctor, absent, guardian)))
    assert "老师孩子不在托，无需班级确认" in text_of(pdf)
    assert text_of(pdf).count("系统代管密钥") == 2


@pytest.mark.parametrize(
    ("allergies", "words"), [(None, "过敏未记录"), ((), "过敏问过，没有"), (("鸡蛋",), "过敏鸡蛋")]
)
def test_allergies_not_recorded_none_and_known_are_three_things(allergies, words):
    child = samples.a_child(allergies=allergies)
    assert words in text_of(render_document("record_summary", samples.a_record_summary(child=child)))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_document_filled_to_its_limits_still_fits_its_pages(document):
    content = samples.FULL[document]()
    assert render_document(document, content).pages <= DOCUMENTS[document].most_pages


def test_home_guide_with_the_longest_tasks_still_prints_every_word():
    guide = samples.FULL["home_guide"]()
    text = text_of(render_document("home_guide", guide))
    for task in guide.tasks:
        assert task.how in text
        assert task.safety in text
    assert "我来记" in text
    assert all(sign in text for sign in guide.go_now)


def test_pages_that_are_not_enough_are_a_failure_and_not_a_second_sheet():
    wide = "\N{THREE-EM DASH}长"  # limits count characters, and this one is three wide
    letter = samples.FULL["referral_letter"]()
    notes = tuple(replace(note, text=wide * 30) for note in letter.materials)
    with pytest.raises(RenderFailed) as failure:
        render_document("referral_letter", replace(letter, reason=wide * 60, history=wide * 40, materials=notes))
    assert failure.value.reason == "too_many_pages"


def test_a_text_over_its_limit_is_refused_and_not_cut():
    with pytest.raises(Invalid) as refusal:
        samples.a_referral_letter(reason="长" * 121)
    assert refusal.value.fields == {"reason": ["打印时最多 120 个字，现在有 121 个字，请缩短。"]}


def test_the_same_content_gives_the_same_bytes_in_another_process():
    program = (
        "import hashlib; from tests.handouts import samples; from mengya_health.handouts.render import render_document;"
        "pdf = render_document('home_guide', samples.a_home_guide());"
        "print(hashlib.sha256(pdf.content).hexdigest())"
    )
    seeds = ({**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)} for seed in ("1", "2"))
    runs = [subprocess.run([sys.executable, "-c", program], env=seed, cwd=ROOT, capture_output=True) for seed in seeds]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.strip()) == 64


def test_a_child_process_gives_the_same_document():
    content = samples.a_home_guide()
    assert render_in_child("home_guide", content) == render_document("home_guide", content)


def test_pdf_says_when_it_was_printed_and_names_no_child():
    reader = PdfReader(BytesIO(render_document("home_guide", samples.a_home_guide()).content))
    assert reader.metadata.creation_date == samples.NINE_OCLOCK
    assert reader.metadata.title == "家庭指导单 TX3101062026000042-7"


def test_pdf_is_tagged_and_in_chinese():
    catalogue = PdfReader(BytesIO(render_document("home_guide", samples.a_home_guide()).content)).trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "zh-CN"

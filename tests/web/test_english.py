"""The pages in English: every text has one, and the reader's language is kept."""

import re

import pytest

from mengya_health import locale
from mengya_health.app import create_app
from mengya_health.phrases import Phrase, listed
from mengya_health.web.chinese_parts import marked, with_terms
from mengya_health.web.shown import words as shown
from tests import words

# Chinese that stands in the source and on no page: keys of the content, marks that are taken off, the language's name.
NOT_SHOWN = {
    "problems.py": {"（"},
    "chinese_parts.py": {"预防", "筛查", "干预", "巩固"},  # said beside their English
    "case_notes.py": {"答复"},  # the label inside a refusal that says the same in English
    "disputes.py": {"答复"},
    "looking_again.py": {"给家长看的话"},
    "plans.py": {"家长会读到的话", "交代"},
    "referring.py": {"给老师的话", "给家长的话"},
    "daily_checks.py": {"正常", "绿", "黄", "红"},
    "gates.py": {"。.", "。"},
    "sheet_results.py": {"{tier}未见异常", "{tier}异常", "确诊"},
    "sheets.py": {"发育商", "智龄"},
    "vaccines.py": {"（"},
    "words.py": {"健康检查", "健检"},
    "shell.html": {"中文"},
}
# The sheet of the morning check is filed, and in Chinese.
FILED = {"日期", "班级", "姓名", "到园时间", "体温", "看", "问", "查", "牌", "处理", "检查人"}
LOOP_WORDS = re.compile("预防|筛查|干预|巩固|帮帮袋|棒棒糖|小静育儿随身包|暖宝宝")


@pytest.fixture(scope="module")
def said() -> list[words.Said]:
    return words.said()


@pytest.fixture(scope="module")
def entries() -> dict[str, tuple[str, ...]]:
    """Return Chinese → its English; two forms where a text counts."""
    found = {}
    for message in words.catalogue():
        if message.id:
            text = message.id if isinstance(message.id, str) else message.id[0]
            found[text] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


@pytest.fixture
def in_english(app):
    """Ask in English."""
    with app.test_request_context(headers={"Cookie": "lang=en"}):
        yield


@pytest.fixture
def app(installation):
    return create_app(installation)


def test_every_text_of_a_page_goes_through_gettext(said):
    missed = [each for each in said if not each.is_marked and each.text not in _not_shown(each)]
    assert missed == []


def test_gettext_is_called_with_texts_that_can_be_found(said):
    called = [each for each in said if each.is_marked and not each.text]
    assert {each.place.partition(":")[0] for each in called} == {"mengya_health/web/shown/words.py"}  # told()


def test_a_text_gets_the_values_it_names(said):
    for each in said:
        if each.names is not None and "" not in each.names:
            assert each.names == set(words.PLACEHOLDER.findall(each.text)), each


def test_the_catalogue_is_that_of_the_pages():
    assert words.ENGLISH.read_bytes() == words.rendered()


def test_every_text_has_its_english(entries):
    assert [text for text, forms in entries.items() if not all(forms)] == []
    assert [message.id for message in words.catalogue() if message.fuzzy] == []


def test_english_keeps_the_values_of_the_chinese(entries):
    for text, forms in entries.items():
        values = set(words.PLACEHOLDER.findall(text))
        assert set(words.PLACEHOLDER.findall(forms[-1])) == values, text
        assert values - set(words.PLACEHOLDER.findall(forms[0])) <= {"n"}, text


def test_english_is_english(entries):
    chinese = {
        text: forms for text, forms in entries.items() if words.CHINESE.search(LOOP_WORDS.sub("", "".join(forms)))
    }
    assert chinese == {}


def test_english_can_stand_in_an_attribute(entries):
    # Templates put a translation into the page as it is: it is ours, like the template itself.
    assert [forms for forms in entries.values() if re.search(r'["<>&’“”]', "".join(forms))] == []


def test_english_says_what_is_counted_in_one_form_or_the_other(in_english):
    assert [shown.overdue(days) for days in (1, 3)] == ["1 day overdue", "3 days overdue"]


def test_what_shows_a_condition_is_said_in_english(in_english):
    both = listed(
        [Phrase("家长 %(tasks)s/%(most)s", tasks=4, most=3), Phrase("老师 %(tasks)s/%(most)s", tasks=1, most=3)]
    )
    assert both == "家长 4/3，老师 1/3"
    assert shown.told(both) == "guardian 4 of 3, teacher 1 of 3"
    assert [shown.told(Phrase("%(n)s 个目标", n=number)) for number in (1, 2)] == ["1 goal", "2 goals"]
    assert shown.told(listed([])) == ""


def test_a_message_beside_a_field_is_said_in_the_readers_language(app, in_english):
    both = "最多 20 MB，JPEG、PNG 或 PDF。 At most 20 MB; JPEG, PNG or PDF."
    assert locale.own_words(both) == "At most 20 MB; JPEG, PNG or PDF."
    assert locale.own_words("只有中文。") == "只有中文。"
    with app.test_request_context():
        assert locale.own_words(both) == both


def test_chinese_parts_of_an_english_page_say_so():
    page = "<p>Case: 小芽</p><b>小芽</b><title>小芽</title><textarea>小芽</textarea><option value='小'>小 a</option>"
    assert marked(page) == (
        '<p>Case: <bdi lang="zh-CN">小芽</bdi></p><b lang="zh-CN">小芽</b><title>小芽</title>'
        "<textarea>小芽</textarea><option lang=\"zh-CN\" value='小'>小 a</option>"
    )
    assert marked("<p>All in English &amp; plain</p>") == "<p>All in English &amp; plain</p>"


def test_the_first_time_a_page_names_a_step_of_the_loop_its_chinese_term_stands_beside_it():
    page = "<i>Prevention</i><main><svg><text>Screening</text></svg><p>1 Prevention, 2 Screening; Prevention</p></main>"
    assert with_terms(page) == page.replace("1 Prevention, 2 Screening;", "1 Prevention (预防), 2 Screening (筛查);")
    named = "<main><p>Consolidation (巩固)</p><b>Consolidation</b><option>Intervention</option><i>Screenings</i></main>"
    assert with_terms(named) == named


def test_a_person_chooses_a_language_and_keeps_it(installation, district, browse):
    browser = browse(district.doctor)
    assert '<html lang="zh-CN"' in browser.get("/cases")
    browser.post("/display", page="/cases", lang="en", next="/cases")
    page = browse(district.doctor).get("/cases")
    assert '<html lang="en"' in page
    assert "Waiting for my decision" in page
    assert "等我决定" not in page


def _not_shown(each: words.Said) -> set[str]:
    file = each.place.rpartition("/")[2].partition(":")[0]
    return NOT_SHOWN.get(file, set()) | (FILED if file == "daily_checks.py" else set())

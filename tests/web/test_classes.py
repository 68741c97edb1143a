"""The teacher's pages: four taps, no typing, no health topic on the board."""

import re

from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from tests.care.walking import STORIES, Walk
from tests.factories import a_child

# What children are asked about, in the words of the doctor, of the plan, of the daily checks and of the questions.
TOPICS = (
    "阳性|疑似|异常|体重|贫血|喂养|营养|发育|语言|说话|行为|筛查|咳|皮疹|发热|体温|黄牌|红牌|因病|病|预警|低于|诊断"
)


def seen_on(page: str) -> str:
    """Return what a reader meets of a page: its text and every title, label and hint that is read out."""
    spoken = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', page)
    return " ".join([re.sub(r"<[^>]+>", " ", page), *spoken])


def test_board_names_no_topic_whatever_the_children_are_asked_about(
    browse, district, child, work_as, installation, clock
):
    """Tiles and texts: a plan's task for the class, a finding of the morning, a child at home ill, two concerns."""
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.plan["tasks"] = [{"item": "BB05", "who": "teacher"}]
    walk.in_support()
    teacher, board = browse(walk.teacher), f"/class/{district.group_id}"
    card = f"{board}/children/{walk.child.id}"
    task = re.search(rf'href="{card}/tasks/[^"]+">([^<]+)<', teacher.get(card))[1]
    with work_as(district.doctor) as work:
        ill, coughing = (a_child(work, district, name=name) for name in ("样本乙", "样本丙"))
    teacher.post(f"{board}/daily/morning", **{f"p_{ill.id.hex}": "ill"})
    found = {"presence": "here", "card": "红", "symptoms": ["咳嗽"], "temperature": "38.2"}
    teacher.post(f"{board}/daily/morning/{coughing.id}", **found)
    talk = f"{board}/children/{child.id}"
    teacher.post(talk, page=f"{talk}?domain=talk", domain="talk", obs_B0405="0", note="")
    teacher.post(f"{talk}/concern", text="说话比别的孩子少")
    page = seen_on(teacher.get(f"{board}?saved=told"))
    for told in (walk.child.name, "请看 1 条", "要跟进 2 件", "也已告诉医生"):
        assert told in page
    assert re.findall(TOPICS, page) == []
    assert task not in page


def test_observation_is_stored_without_typing(browse, district, child, work_as):
    browser = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    page = browser.get(path)
    question = re.search(r'name="(obs_\w+)" value="2"', page).group(1)
    assert "checked" not in page
    browser.post(path, domain="move", **{question: "2"})
    with work_as(district.teacher, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "observation")
    assert entry.content["items"] == [{"code": question.removeprefix("obs_"), "score": 2}]
    assert "已记 1" in browser.get("/class")


def test_nothing_tapped_is_asked_for(browse, district, child):
    path = f"/class/{district.group_id}/children/{child.id}"
    refused = browse(district.teacher).post(path, status=422, domain="move", note="")
    assert "点一项" in refused.get_data(as_text=True)


def test_whole_class_by_exception(browse, district, child, work_as):
    browser, path = browse(district.teacher), f"/class/{district.group_id}/meal"
    assert "checked" not in browser.get(path)
    refused = browser.post(path, status=422).get_data(as_text=True)
    assert "还有 1 个孩子没点" in refused
    browser.post(path, rest="all", **{f"meal_{child.id.hex}": "half"})
    browser.post(path, rest="all", **{f"meal_{child.id.hex}": "away"})  # 今天没看到: nothing is written
    with work_as(district.teacher, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "observation")
    assert entry.content["logs"] == [{"name": "meal", "value": "half"}]


def test_other_class_is_not_found(browse, district, child):
    browser = browse(district.other_teacher)
    browser.get(f"/class/{district.group_id}", status=404)
    browser.get(f"/class/{district.other_group_id}/children/{child.id}", status=404)


def test_board_takes_at_most_eight_statements_however_many_children(browse, district, child, work_as, statements):
    with work_as(district.doctor) as work:
        for name in ("样本乙", "样本丙", "样本丁"):
            a_child(work, district, name=name)
    browser = browse(district.teacher)
    browser.get("/class")
    statements.seen.clear()
    browser.get("/class")
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)


def test_every_item_of_the_age_is_offered_on_one_of_the_tiles(browse, district, child, content):
    browser = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    seen = {
        code
        for domain in ("eat", "sleep", "mood", "talk", "move", "play")
        for code in re.findall(r'name="obs_(\w+)"', browser.get(f"{path}?domain={domain}"))
    }
    assert seen == {item.code for item in content.behaviours_for(12)}


def test_a_teacher_reads_only_that_the_doctor_knows(browse, district, child):
    browser = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    page = browser.get(f"{path}?domain=talk")
    assert "这个月还有 1 个孩子" in page
    answer = browser.post(path, page=f"{path}?domain=talk", domain="talk", obs_B0405="0")
    board = browser.get(answer.location)
    assert "也已告诉医生" in board
    assert not re.search("阳性|疑似|异常|筛查|这个月还有", board)
    assert "请做预警征象筛查" in browse(district.doctor).get("/today")


def test_twice_unseen_asks_for_a_chance_and_enough_at_the_end_of_a_band_for_a_talk(browse, district, child):
    browser = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    for _again in range(2):
        browser.post(path, domain="talk", obs_B0406="9")
    assert "安排一次看看" in browser.get(f"{path}?domain=talk")
    assert "建议和医生聊一聊" not in browser.get(path)
    browser.post(path, domain="move", obs_B0402="0")
    browser.post(path, domain="talk", obs_B0407="0")
    assert "建议和医生聊一聊" in browser.get(path)


def test_card_takes_at_most_eight_statements(browse, district, child, statements):
    browser = browse(district.teacher)
    path = f"/class/{district.group_id}/children/{child.id}"
    browser.post(path, domain="talk", obs_B0406="0")
    statements.seen.clear()
    browser.get(path)
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)


def test_a_family_observes_by_taps_and_reads_it_without_scores(browse, district, mother, child, work_as):
    browser = browse(mother)
    path = f"/home/{child.id}/look"
    page = browser.get(path)
    assert "这个月还没记过" in page
    assert "checked" not in page
    answer = browser.post(path, page=f"{path}?domain=language", domain="language", obs_B0405="0", note="叫了三次")
    page = browser.get(answer.location)
    assert "也已告诉医生" in page
    assert "这个月还没记过" not in page
    with work_as(mother, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "home_observation")
    assert (entry.section, entry.content["items"]) == ("family", [{"code": "B0405", "score": 0}])
    told = browser.get(f"/home/{child.id}/record")
    assert "叫名字有反应：还没" in told
    assert not re.search("阳性|疑似|异常|筛查", told)
    browser.post(path, status=422, domain="language", note="")


def test_what_the_doctor_suggests_for_the_class_is_read_by_its_teacher_and_done_with(browse, district, child, work_as):
    text = "吃饭时让小芽自己拿勺子，慢一点没关系。"
    doctor, teacher = browse(district.doctor), browse(district.teacher)
    doctor.post(f"/children/{child.id}/advice", text="每天出门走一走。", for_class=text)
    board, card = f"/class/{district.group_id}", f"/class/{district.group_id}/children/{child.id}"
    shared = teacher.get(board)
    assert "请看 1 条" in shared
    assert "勺子" not in shared  # the tablet is seen by other families
    assert "医生给班里的建议" in teacher.get("/inbox")
    page = re.search(rf'href="({card}/advice/[^"]+)"', teacher.get(card))[1]
    told = teacher.get(page)
    assert text in told
    assert "出门走一走" not in told  # what is for the family is for the family
    browse(district.other_teacher).get(page, status=404)
    teacher.post(page)
    teacher.get(page, status=404)
    assert "请看" not in seen_on(teacher.get(board)).replace("有“请看”", "")
    with work_as(district.doctor, writing=False) as work:
        (entry,) = entries_of_kind(work, find_child(work, child.id), "advice")
    assert entry.content == {"text": "每天出门走一走。", "for_class": text}

"""What says who a child is, in a text that others read; pure."""

from datetime import date
from types import SimpleNamespace

import pytest

from mengya_health.care.deidentified import Identity, identifying

CHILD = SimpleNamespace(
    name="欧阳小芽",
    number="TX3101062026397313-7",
    birth_on=date(2025, 11, 20),
    contacts=[SimpleNamespace(name="欧阳大树", phone="021-62345678")],
)
IDENTITY = Identity(CHILD, "11010520251120002X", ("欧阳大树",), ("示例幼儿园", "小一班"))
NAME, KIN, NUMBER, CARD = "孩子的名字", "家人的名字", "编号或电话", "电话或证件号"
BORN, PLACE = "出生日期", "门诊、园所或班级"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("欧阳小芽吃得慢", [NAME]),
        ("欧 阳·小-芽吃得慢", [NAME]),
        ("小芽吃得慢", [NAME]),
        ("芽芽吃得慢", [NAME]),
        ("芽宝吃得慢", [NAME]),
        ("Ouyang Xiaoya eats slowly", [NAME]),
        ("欧阳大树说的", [KIN]),
        ("TX3101062026397313-7", [NUMBER]),
        ("０２１－６２３４５６７８", [NUMBER]),
        ("13800138000", [CARD]),
        ("110105 20251120002x 这一个", [NUMBER, BORN]),
        ("11010520251120002x", [CARD, NUMBER, BORN]),
        ("2025-11-20 出生", [BORN]),
        ("2025年11月20日", [BORN]),
        ("2025.11.20", [BORN]),
        ("11月20号满一岁", [BORN]),
        ("在示例 幼儿园", [PLACE]),
        ("小一班的老师", [PLACE]),
        ("孩子吃饭慢，班里没有人手，豆芽菜也不吃", []),
        ("2026年11月20日体重 6.9 kg，血红蛋白 98 g/L", []),
        ("一岁零三天，大班", []),
    ],
)
def test_a_text_says_who_the_child_is_or_it_does_not(text, found):
    assert identifying(text, IDENTITY) == found


def test_for_a_writer_who_is_not_told_the_name_only_what_names_anybody_is_looked_for():
    assert identifying("欧阳小芽，2025-11-20，示例幼儿园", None) == []
    assert identifying("请打 13800138000", None) == [CARD]

"""`mengya growth`: a CSV file in, the same lines with scores out."""

import csv
import io
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from mengya_health.errors import Invalid
from mengya_health.operations.growth_cells import REMEMBERED, Once
from mengya_health.operations.growth_file import LINES_AT_ONCE, score_file
from mengya_health.operations.growth_line import line_results

VECTORS = Path(__file__).parent.parent / "growth" / "vectors_public.csv"
HEADER = "id,sex,birth_date,measured_date,age_days,age_months,weight_kg,lenhei_cm,position,headc_cm,oedema"


def _scored(tmp_path, text, reference="wst423_2022", **more):
    source, destination = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    summary = score_file(source, destination, reference=reference, **more)
    with destination.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file)), summary


def _children_of(sources, reference):
    """Return each child of the public vectors as a line of input, and what is expected of it."""
    children = {}
    with VECTORS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["case_id"][0] in sources and row["reference"] == reference:
                cells = (
                    row["case_id"], row["sex"], row["birth_date"], row["measured_date"], row["age_days"],
                    row["age_months"], row["weight_kg"], row["lenhei_cm"], row["measure"], row["headc_cm"],
                    row["oedema"],
                )  # fmt: skip
                exact = "floating-point artefact" in row["note"]
                expected = row["alt_expected_z"] if exact else row["expected_z"]
                children.setdefault(cells, {})[row["indicator"]] = expected
    return children


@pytest.mark.parametrize(("sources", "reference"), [("AS", "who2006"), ("PQ", "who2007")])
def test_a_survey_file_gets_the_scores_of_who_software(tmp_path, sources, reference):
    children = _children_of(sources, reference)
    text = "\n".join([HEADER, *(",".join(cells) for cells in children)])
    lines, summary = _scored(tmp_path, text, reference)
    assert summary.lines == len(lines) == len(children) > 100
    for line, (cells, expected) in zip(lines, children.items(), strict=True):
        assert line["id"] == cells[0]
        for indicator, z in expected.items():
            found = line[f"{indicator}_z"]
            assert (found == "") == (z == ""), (line, indicator)
            assert not z or float(found) == pytest.approx(float(z), abs=0.0101), (line, indicator)


def test_chinese_results_carry_bands_and_nutrition(tmp_path):
    lines, summary = _scored(tmp_path, "id,sex,age_months,weight_kg,lenhei_cm\n甲,M,12,4,75\n")
    line = lines[0]
    assert (line["id"], line["wfa_sd_band"], line["wfa_percentile_band"], line["wfa_percentile"]) == (
        "甲",
        "下",
        "下",
        "<3",
    )
    assert line["nutrition"] == "重度低体重;重度消瘦"
    assert (line["wfa_flag"], line["hcfa_z"], line["note"]) == ("1", "", "")
    assert (summary.lines, summary.scored, summary.flagged) == (1, 1, 1)


def test_the_age_rule_reaches_the_scores(tmp_path):
    text = "sex,birth_date,measured_date,weight_kg\nM,2024-01-10,2024/6/9,7.5\n"
    exact, _ = _scored(tmp_path, text)
    completed, _ = _scored(tmp_path, text, age_rule="completed_months")
    assert float(exact[0]["wfa_z"]) < 0
    assert completed[0]["wfa_z"] == "0.00"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("X,12,8.1", "sex 要写 M 或 F"),
        (",12,8.1", "没有性别"),
        ("M,12,eight", "weight_kg 不是数字"),
        ("M,12,-8", "weight_kg 不是数字"),
        ("M,12,９", "weight_kg 不是数字"),
        ("M,12,5000", "weight_kg：请填 0 到 1000"),
        ("M,12,8.1,更多", "比表头多 1 格"),
        ("M,,8.1", "没有月龄"),
        ("M,99,20", "年龄超出这份标准"),
        ("M,12,", "没有可以评价的测量值"),
        ("", "没有性别"),
    ],
)
def test_a_line_that_cannot_be_scored_keeps_its_place_and_says_why(tmp_path, line, said):
    lines, summary = _scored(tmp_path, f"sex,age_months,weight_kg\nF,12,9\n{line}\nF,12,10\n")
    assert [bool(one["wfa_z"]) for one in lines] == [True, False, True]
    assert said in lines[1]["note"]
    assert (summary.lines, summary.scored) == (3, 2)


def test_dates_that_do_not_exist_or_run_backwards_are_noted(tmp_path):
    lines, _ = _scored(
        tmp_path, "sex,birth_date,measured_date,weight_kg\nM,2023-02-29,2024-01-01,9\nM,2024-01-02,2024-01-01,9\n"
    )
    assert "birth_date 不是日期" in lines[0]["note"]
    assert "measured_date：测量日期早于出生日期" in lines[1]["note"]


def test_a_converted_length_is_said(tmp_path):
    lines, _ = _scored(tmp_path, "sex,age_months,lenhei_cm,position\nM,18,80,h\n")
    assert "已加 0.7 厘米" in lines[0]["note"]


def test_a_byte_order_mark_is_understood_and_kept(tmp_path):
    lines, _ = _scored(tmp_path, b"\xef\xbb\xbfsex,age_months,weight_kg\r\nM,12,9.6\r\n")
    assert lines[0]["wfa_sd_band"] == "中"
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfsex,")


def test_columns_of_ones_own_and_quoted_cells_come_through(tmp_path):
    lines, _ = _scored(tmp_path, 'sex,village,age_months,weight_kg\nM,"东村, 一组",12,9.6\n')
    assert lines[0]["village"] == "东村, 一组"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"id,age_months\n1,12\n",
        b"sex,age_months\nM,12\n",
        b"sex,sex,weight_kg\nM,M,9\n",
        b"sex,weight_kg,wfa_z\nM,9,1\n",
        "sex,weight_kg,村\nM,9,东\n".encode("gb18030"),
        b'sex,weight_kg\nM,"' + b"9" * 200_000,
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_nothing_is_written(tmp_path, text):
    with pytest.raises(Invalid):
        _scored(tmp_path, text)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_missing_files_and_folders_are_refused(tmp_path):
    source = tmp_path / "in.csv"
    with pytest.raises(Invalid):
        score_file(source, tmp_path / "out.csv", reference="who2006")
    source.write_text("sex,weight_kg,age_days\nM,9,300\n")
    with pytest.raises(Invalid):
        score_file(source, tmp_path / "nowhere" / "out.csv", reference="who2006")
    with pytest.raises(Invalid):
        score_file(source, source, reference="who2006")
    with pytest.raises(Invalid):
        score_file(source, tmp_path / "out.csv", reference="cdc")


def test_memory_does_not_grow_with_the_file_and_progress_is_told(tmp_path):
    def peak_of(blocks):
        source = tmp_path / "in.csv"
        source.write_text("sex,age_days,weight_kg\n" + "M,300,9.1\n" * blocks * LINES_AT_ONCE)
        told = []
        tracemalloc.start()
        score_file(source, tmp_path / "out.csv", reference="who2006", progress=lambda *share: told.append(share))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak, told

    small, _ = peak_of(2)  # one block is written while the next is read
    large, told = peak_of(8)
    assert large < small + 200_000
    assert len(told) == 8
    assert all(0 < read <= whole for read, whole in told)


def test_no_more_than_so_many_distinct_cells_are_kept():
    squares = Once(lambda number: number**2)
    assert squares.of(range(REMEMBERED + 10)) == [number**2 for number in range(REMEMBERED + 10)]
    assert len(squares) == 10


UNUSUAL = {
    "sex": ("", "X", "f", " M "),
    "birth_date": ("2022-02-30", "x", "2021/1/5", "2030-01-01", "2020-02-29"),
    "measured_date": ("", "2023-13-01", "2024-02-29"),
    "age_days": ("-1", "12.3456", "730.5", "100001", "1856.5"),
    "age_months": ("84", "83.999", "12.34567", "2401"),
    "weight_kg": ("", "0", "8.12345", "eight", "９", "500.001", "600", "1001", "8.1000"),
    "lenhei_cm": ("", "0.7", "0.5", "44.9", "110.05", "103.1", "401", "130.0"),
    "position": ("L", "s", ""),
    "headc_cm": ("", "0.000", "400.1"),
    "oedema": ("Y", "", "maybe", "y"),
}


def _lines_of_every_kind(draw, count):
    for number in range(count):
        cells = dict.fromkeys(HEADER.split(","), "")
        cells |= {"id": draw.choice(["东村, 一组", '说"好"', "两\n行", str(number)]), "sex": draw.choice("MF")}
        cells |= {"weight_kg": f"{draw.uniform(2, 25):.2f}", "lenhei_cm": f"{draw.uniform(44, 131):.1f}"}
        cells |= {"position": draw.choice("lh"), "headc_cm": f"{draw.uniform(30, 55):.1f}", "oedema": "n"}
        if draw.random() < 0.5:
            cells |= {"birth_date": f"2021-{draw.randint(1, 12)}-{draw.randint(1, 28)}"}
            cells |= {"measured_date": f"202{draw.randint(1, 5)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"}
        else:
            days = draw.choice([0, 273, 274, 730, 731, 1856, 1857, draw.randint(0, 2600)])
            cells[draw.choice(["age_days", "age_months"])] = str(draw.choice([days, days % 90, draw.randint(0, 90)]))
        if draw.random() < 0.3:
            column = draw.choice(list(UNUSUAL))
            cells[column] = draw.choice(UNUSUAL[column])
        line = list(cells.values())
        yield draw.choice([line] * 20 + [[], line[: draw.randint(1, 10)], [*line, "更多"]])


@pytest.mark.parametrize(
    ("reference", "age_rule"),
    [("who2006", "exact"), ("who2007", "exact"), ("wst423_2022", "exact"), ("wst423_2022", "completed_months")],
)
def test_blocks_of_lines_are_written_as_line_by_line(tmp_path, reference, age_rule):
    draw = random.Random(f"{reference}{age_rule}")  # noqa: S311
    header, rows = HEADER.split(","), list(_lines_of_every_kind(draw, 1500))
    expected, scored, flagged = [], 0, 0
    for cells in rows:
        results, judged = line_results(header, cells, reference, age_rule)
        expected.append([*(cells + [""] * len(header))[: len(header)], *results])
        scored += bool(judged and judged.scores)
        flagged += bool(judged and any(score.flag for score in judged.scores.values()))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    lines, summary = _scored(tmp_path, text.getvalue(), reference, age_rule=age_rule)
    by_line = io.StringIO()
    csv.writer(by_line, lineterminator="\n").writerows([list(lines[0]), *expected])
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == by_line.getvalue()
    assert (summary.lines, summary.scored, summary.flagged) == (1500, scored, flagged)
    assert 50 < scored < 1500


def test_scoring_a_file_loads_neither_the_web_nor_the_database(tmp_path):
    (tmp_path / "in.csv").write_text("sex,age_months,weight_kg\nM,12,9.6\n")
    program = (
        "import sys; from mengya_health.cli import main; "
        "main(['growth', 'in.csv', 'out.csv', '--reference', 'who2006'], standalone_mode=False); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {"flask", "sqlalchemy", "weasyprint", "cryptography"}.isdisjoint(done.stdout.split())
    assert (tmp_path / "out.csv").exists()

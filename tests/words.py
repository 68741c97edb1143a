"""The words of the pages: what goes through gettext, what does not and should, and the English catalogue.

./run words        brings the catalogue up to date and lists what is still to be translated
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from mengya_health.care.check_ins import DONE
from mengya_health.care.conditions.planning import PERSONS
from mengya_health.care.consents import TITLES as CONSENT_TITLES
from mengya_health.care.follow_through import HANDLED, STEPS, WAYS
from mengya_health.care.signatures import PAPERS
from mengya_health.config import CHECKOUT as ROOT
from mengya_health.config import WORKFLOWS
from mengya_health.locale import COUNTED, ENGLISH
from mengya_health.screening.basis import LISTS
from mengya_health.signing.levels import LEVEL_LABELS

# Where a text can come before a reader: pages and errors. Papers are Chinese.
TEMPLATES = ROOT / "templates"
PRINTED = TEMPLATES / "print"
PYTHON = ROOT / "mengya_health"
EDGE = (PYTHON / "web", *(PYTHON / f"{name}.py" for name in ("entry", "drafting", "problems", "uploads")))
# What pages say of the content through words.told(): names, steps and questions. What a clinician has to have read in
# English first stays Chinese: rules and results of screenings, instructions and safety of tasks, the text of consents.
CONTENT = (
    ("care_loop.v*.yaml", r"(deciders|rhythms|not_done_reasons|contact_ways|feedback_results|stages)\..+"),
    ("care_loop.v*.yaml", r"meta\.title|states\.\w+\.(name|plain|decide\.title)|(events|conditions)\..+"),
    ("closing_reasons.yaml", r".+\.name"),
    ("indicators.yaml", r"kpis\.(name|formula|counted|not_counted)"),
    ("pathways/*.yaml", r"pathway\.(name|plain_name|conditions)"),
    ("visit_schedule.yaml", r"visits\.(name|place|must_do)|side_events\.name|templates\.adds\.name"),
    ("service_menu.yaml", r"services\.name|services\.items\.(title|log|freq)|common\.(title|log)"),
    ("behaviours.yaml", r"domains\..+|age_bands\.items\..+"),
    ("behaviours.yaml", r"daily_check\.(noon|morning\.(text|symptoms|values|plain\..+)|emergency\.(sign|act))"),
    ("behaviours.yaml", r"infections\.list\.(name|plain_name|rule\.(any\.)?conditions)"),
    ("warning_signs.yaml", r"regression_question\.(prompt|(parent_)?options\.t)|informants\.(lead|options\.t)"),
    ("warning_signs.yaml", r"ages\.(label|items\.text)"),
    ("urgent_findings.yaml", r"(usual|said)\.family"),
    ("check_forms.yaml", r"forms\.(name|fields\.(name|options\.\w+))|meta\.common_options\..+"),
    ("screenings.yaml", r"instruments\.name|metrics\.(name|unit|values\..+|extra\.posture)"),
    ("screenings.yaml", r"screenings\.(name|inputs_extra\..*values)"),
    ("screening_inputs.yaml", r"screenings\..+\.(name|values|without)"),
    ("score_forms.yaml", r"forms\.(results|scores)\..+"),
    ("vaccine_schedule.yaml", r"(local_vaccines|non_nip|recorded_only|vaccines)\.(name|disease)"),
    ("vaccine_schedule.yaml", r".*\.?disclaimer_for_parents"),
    ("mandatory_report.yaml", r"mandatory_report\.signs\.name"),
    ("consent_texts.v*.yaml", r"purposes\.title"),
)
# Titles that commands store, and words of the domain that reach a page the same way.
TITLES = (PYTHON / "care", PYTHON / "screening")
SPOKEN = tuple(PYTHON / name for name in ("access", "care", "growth", "people", "record", "screening", "signing"))
# What this puts together from a rule is still Chinese.
PUT_TOGETHER = (PYTHON / "screening" / "wording.py",)
TABLES = (LEVEL_LABELS, STEPS, CONSENT_TITLES, DONE, PAPERS, PERSONS)
BANDS, READINGS = ("上", "中上", "中", "中下", "下"), ("体重", "身长/身高", "头围", "血红蛋白")
SUBJECTS = tuple(name for _key, name, _lines in LISTS)
OTHERS = ("自行登记", "可同步", *WAYS, *HANDLED, *BANDS, *READINGS, *SUBJECTS)
GETTEXT = {"_", "gettext", "lazy", "lazy_gettext"}
CHINESE = re.compile("[\u2e80-\u2fff\u3001-\u303f\u3400-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
HEADER = """# The pages in English, sorted by the Chinese. After a change of words: ./run words
msgid ""
msgstr ""
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


@dataclass(frozen=True)
class Said:
    """A Chinese text in the source, or (`text` empty) a call of gettext with something that is no text.

    `names` are the values put into it; None where it is kept for later, as in a table.
    """

    place: str
    text: str
    is_marked: bool
    names: frozenset[str] | None = None


def said() -> list[Said]:
    """Return every Chinese text that pages are made of, in the order of the files."""
    found: list[Said] = []
    for path in sorted(file for place in EDGE for file in ([place] if place.is_file() else place.rglob("*.py"))):
        found += _in_python(path)
    for path in sorted(TEMPLATES.rglob("*.html")):
        if PRINTED not in path.parents:
            found += _in_template(path)
    return found


def of_the_program() -> set[str]:
    """Return every text of the program's own modules that could reach a page."""
    found = {each.text for each in said()}
    for place in SPOKEN:
        for path in place.rglob("*.py"):
            if path in PUT_TOGETHER:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {node.value for node in ast.walk(tree) if _is_chinese(node)}
    return found


def catalogue() -> Catalog:
    """Return the English catalogue as it stands in the file."""
    if not ENGLISH.exists():
        return Catalog(locale="en")
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def told() -> set[str]:
    """Return every text that pages say of the content and of stored titles (web/shown/words.py::told)."""
    found = {text for table in TABLES for text in table.values()} | set(OTHERS)
    for pattern, wanted in CONTENT:
        for path in sorted(WORKFLOWS.glob(pattern)):
            named = _in_content(yaml.safe_load(path.read_text(encoding="utf-8")))
            found |= {text for name, text in named if re.fullmatch(wanted, name)}
    modules = [path for place in TITLES for path in place.rglob("*.py")]
    return found | {text for path in modules for say in (_titles, _phrases) for text in say(path)}


def wanted() -> set[str]:
    """Return every text that needs an English one."""
    return {each.text for each in said() if each.is_marked and each.text} | told()


def refreshed() -> Catalog:
    """Return the catalogue of today's texts: what there is keeps its English, nothing is guessed, what is gone goes."""
    old, new = catalogue(), Catalog(locale="en")
    for text in wanted():
        known = old.get(text)
        english = known.string if known else ""
        if COUNTED in text:
            new.add((text, text), english if isinstance(english, tuple) else (english, english))
        else:
            new.add(text, english if isinstance(english, str) else english[-1])
    return new


def rendered() -> bytes:
    """Return the file of the catalogue as it should be."""
    file = BytesIO(HEADER.encode())
    file.seek(0, SEEK_END)
    write_po(file, refreshed(), no_location=True, omit_header=True, sort_output=True, width=0)
    return file.getvalue()


def untranslated() -> list[str]:
    """Return the texts that have no English yet."""
    empty = (each.id for each in catalogue() if not all([each.string] if isinstance(each.string, str) else each.string))
    return [text if isinstance(text, str) else text[0] for text in empty]


# --- inside -----------------------------------------------------------------------------------------------------------


def _in_content(value, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every Chinese text of a file of content with its place, "states.watching.name"; a key counts as a text."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _in_content(str(key), f"{name}.{key}")
            yield from _in_content(each, f"{name}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from _in_content(each, name)
    elif isinstance(value, str) and CHINESE.search(value):
        yield name.removeprefix("."), value


def _titles(path: Path) -> Iterator[str]:
    """Yield the titles that a module writes down: {"title": "…"}."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
            if getattr(key, "value", "") == "title" and _is_chinese(value):
                yield value.value


def _phrases(path: Path) -> Iterator[str]:
    """Yield the sentences that a module leaves to the page to say: Phrase("…", …)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name_of(node.func) == "Phrase" and _is_chinese(node.args[0]):
            yield node.args[0].value


def _in_python(path: Path) -> Iterator[Said]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = {id(text) for node in ast.walk(tree) for find in _PASSED for text in find(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name_of(node.func) in GETTEXT:
            text = node.args[0] if node.args else None
            is_text = isinstance(text, ast.Constant) and isinstance(text.value, str)
            passed.add(id(text))
            names = frozenset(each.arg or "" for each in node.keywords) or None
            yield Said(_place(path, node.lineno), text.value if is_text else "", True, names)
        elif id(node) not in passed and _is_chinese(node):
            yield Said(_place(path, node.lineno), node.value, False)


def _documentation(node: ast.AST) -> Iterator[ast.AST]:
    body = getattr(node, "body", None)
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and body and isinstance(body[0], ast.Expr):
        yield body[0].value


def _in_two_languages(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the Chinese half of what stands beside its English: Invalid("…", "…"), ("…", "…")."""
    parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
    for chinese, english in zip(parts, parts[1:], strict=False):
        there = [each.value for each in ast.walk(english) if isinstance(each, ast.Constant)]
        texts = " ".join(each for each in there if isinstance(each, str))
        if re.search("[A-Za-z]{2} [A-Za-z]|[a-z]{3}", texts) and not CHINESE.search(texts):
            yield from (each for each in ast.walk(chinese) if isinstance(each, ast.Constant))


def _with_its_english(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a text that says the same again in English, as messages beside a field do."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node] if isinstance(node, ast.Constant) else []
    texts = [part.value if isinstance(part, ast.Constant) else "…" for part in parts]
    if re.search(r"[。！？]\s*[A-Z][a-z]+[ ,].*\.\s*$", "".join(text for text in texts if isinstance(text, str))):
        yield from parts


_PASSED = (_documentation, _in_two_languages, _with_its_english)


def _is_chinese(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(CHINESE.search(node.value))


def _in_template(path: Path) -> Iterator[Said]:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    passed = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT:
            text = call.args[0] if call.args else None
            is_text = isinstance(text, nodes.Const) and isinstance(text.value, str)
            passed.add(id(text))
            names = frozenset(each.key for each in call.kwargs) or None
            yield Said(_place(path, call.lineno), text.value if is_text else "", True, names)
    for node in tree.find_all((nodes.Const, nodes.TemplateData)):
        text = node.value if isinstance(node, nodes.Const) else node.data
        if id(node) not in passed and isinstance(text, str) and CHINESE.search(text):
            yield Said(_place(path, node.lineno), text.strip(), False)


def _name_of(node: ast.AST) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def _place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


if __name__ == "__main__":
    ENGLISH.write_bytes(rendered())
    left = untranslated()
    sys.stderr.write("".join(f"{text}\n" for text in left))
    sys.stderr.write(f"{ENGLISH.relative_to(ROOT)}: 还缺 {len(left)} 条英文 untranslated\n")

"""The words of the pages: what goes through gettext, what does not and should, and the English catalogue.

./run words        brings the catalogue up to date and lists what is still to be translated
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from mengya_health.config import CHECKOUT as ROOT
from mengya_health.locale import COUNTED, ENGLISH

# Where a text can come before a reader: pages and errors. Papers are Chinese, and the content speaks for itself.
TEMPLATES = ROOT / "templates"
PRINTED = TEMPLATES / "print"
PYTHON = ROOT / "mengya_health"
EDGE = (PYTHON / "web", PYTHON / "entry.py", PYTHON / "problems.py", PYTHON / "uploads.py", PYTHON / "locale.py")
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


def catalogue() -> Catalog:
    """Return the English catalogue as it stands in the file."""
    if not ENGLISH.exists():
        return Catalog(locale="en")
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def wanted() -> set[str]:
    """Return every text that needs an English one."""
    return {each.text for each in said() if each.is_marked and each.text}


def refresh() -> list[str]:
    """Write the catalogue anew: what there is keeps its English, nothing is guessed, what is gone goes."""
    old, new, left = catalogue(), Catalog(locale="en"), []
    for text in sorted(wanted()):
        known = old.get(text)
        english = known.string if known else ""
        if COUNTED in text:
            english = english if isinstance(english, tuple) else (english, english)
        elif isinstance(english, tuple):
            english = english[-1]
        new.add((text, text) if COUNTED in text else text, english)
        left += [] if all([english] if isinstance(english, str) else english) else [text]
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, new, no_location=True, omit_header=True, sort_output=True, width=0)
    return left


# --- inside -----------------------------------------------------------------------------------------------------------


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
    untranslated = refresh()
    sys.stderr.write("".join(f"{text}\n" for text in untranslated))
    sys.stderr.write(f"{ENGLISH.relative_to(ROOT)}: 还缺 {len(untranslated)} 条英文 untranslated\n")

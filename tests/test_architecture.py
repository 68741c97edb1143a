"""What the tree promises: imports one way, doors on every view, secrets in one place, nothing unsafe in templates."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mengya_health.app import create_app
from mengya_health.entry import require_doors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mengya_health"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# Who may import what. `content` and `growth` digest the files they ship, so that a changed one shows.
MAY_IMPORT = {
    "cryptography": ("crypto/",),
    "hashlib": ("crypto/", "history/", "content/", "growth/"),
    "hmac": ("crypto/", "history/"),
    "random": ("operations/demo",),
    "weasyprint": ("handouts/render.py",),
    "statemachine": ("care/loop.py",),
    "webauthn": ("crypto/webauthn.py",),
}
# Where Markup is made: out of drawings and texts of our own, never out of what somebody typed.
MAY_MARK_SAFE = ("web/shown/qr.py", "web/templating.py", "handouts/marks.py")


def imports_of(source: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_import_contracts_hold():
    run = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("library", MAY_IMPORT)
def test_library_is_imported_where_it_belongs(library):
    places = {str(source.relative_to(PACKAGE)) for source in SOURCES if library in imports_of(source)}
    assert [place for place in places if not place.startswith(MAY_IMPORT[library])] == []


def test_every_view_has_a_door(installation):
    app = create_app(installation)
    app.view_functions["left_open"] = lambda: "nobody asked who you are"
    with pytest.raises(RuntimeError, match="left_open"):
        require_doors(app)


def test_only_the_doors_and_the_edges_commit():
    commits = [
        str(source.relative_to(PACKAGE))
        for source in SOURCES
        if re.search(r"\b(session|connection)\.commit\(", source.read_text())
    ]
    assert set(commits) <= {
        "entry.py",
        "worker.py",
        "operations/installation.py",
        "operations/first_run.py",
        "operations/sweeping.py",
    }


def test_sql_is_never_put_together_from_text():
    formatted = re.compile(r"\btext\(\s*f[\"']|\btext\([^)]*%|\bexecute\(\s*f[\"']")
    assert [str(source) for source in SOURCES if formatted.search(source.read_text())] == []


def test_templates_escape_everything():
    assert [str(page) for page in TEMPLATES if re.search(r"\|\s*safe\b|autoescape\s+false", page.read_text())] == []


def test_markup_is_made_in_few_places():
    makers = [str(source.relative_to(PACKAGE)) for source in SOURCES if "Markup(" in source.read_text()]
    assert set(makers) <= set(MAY_MARK_SAFE)


def test_no_script_is_over_sixty_kilobytes():
    scripts = list((PACKAGE / "web" / "static").rglob("*.js"))
    assert scripts
    assert max(script.stat().st_size for script in scripts) <= 60_000


def test_templates_have_no_inline_style_or_script():
    inline = re.compile(r"\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:")
    pages = [page for page in TEMPLATES if "print" not in page.parts]
    assert [str(page) for page in pages if inline.search(page.read_text())] == []


def test_clock_is_read_at_the_edges_only():
    readers = [
        str(source.relative_to(PACKAGE))
        for source in SOURCES
        if re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(", source.read_text())
    ]
    assert set(readers) <= {"operations/installation.py"}

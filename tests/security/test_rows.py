"""Every row of the developers' security tests, S-01 to S-76, is named by a test; or here, with the reason why not."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = {f"S-{number:02}" for number in range(1, 77)}
WITHOUT = {
    "S-70": "full disks and databases that go away belong to running an installation",
    "S-72": "the restore drill belongs to backups",
    "S-74": "the job that destroys what fell due belongs to running an installation",
}


def docstrings(source: str) -> list[str]:
    """Return what a file says of itself, of its test classes and of its tests."""
    tree = ast.parse(source)
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    tests = (each for each in ast.walk(tree) if isinstance(each, kinds))
    is_test = (each for each in tests if getattr(each, "name", "test").lower().startswith("test"))
    return [said for each in is_test if (said := ast.get_docstring(each))]


def test_every_row_is_named_by_a_test_that_does_what_it_says():
    said = "\n".join(text for file in TESTS.rglob("test_*.py") for text in docstrings(file.read_text("utf-8")))
    named = {row for row in ROWS if row in said}
    assert ROWS - named == set(WITHOUT)


def test_every_row_with_a_test_has_its_mutant():
    """What was taken out to see the test fail stands in the list beside this file."""
    listed = (Path(__file__).parent / "mutants.md").read_text("utf-8")
    assert {row for row in ROWS if row not in listed} == set(WITHOUT)

"""Reading one YAML file so that every problem in it can be named by its line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

Place = tuple[str | int, ...]

# libyaml parses ten times faster; both build the same nodes.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Problem:
    """Something in a content file that stops the start."""

    file: str
    line: int
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh} {self.en}"


@dataclass(frozen=True)
class Document:
    """One file, read: its plain value, and the line (from 1) on which each place in it starts."""

    name: str
    value: Any
    digest: str
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()

    def problem(self, place: Place, zh: str, en: str) -> Problem:
        """Return a problem at a place; a place that is not there is named by the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return Problem(self.name, self.lines.get(place, 1), zh, en)


def read_document(path: Path, name: str) -> Document:
    """Read one file. What is not YAML, or says a key twice, is found in `problems`, never raised."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    try:
        node = yaml.compose(content.decode("utf-8"), Loader=_LOADER)
    except UnicodeDecodeError:
        return Document(name, None, digest, {}, (Problem(name, 1, "不是 UTF-8 文本。", "Not UTF-8 text."),))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Document(
            name, None, digest, {}, (Problem(name, line, "不是合法的 YAML。", f"Not YAML: {error.problem}."),)
        )
    if node is None:
        return Document(name, None, digest, {}, (Problem(name, 1, "文件是空的。", "The file is empty."),))
    reading = _Reading(name)
    value = reading.value_of(node, ())
    return Document(name, value, digest, reading.lines, tuple(reading.problems))


class _Reading:
    """Builds plain values from nodes and notes where each began."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def value_of(self, node: yaml.Node, place: Place) -> Any:
        self.lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value_of(each, (*place, position)) for position, each in enumerate(node.value)]
        return self._scalars.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalars.construct_object(key_node)
            line = key_node.start_mark.line + 1
            if key in mapping:
                zh, en = f"“{key}”写了两次。", f"The key {key!r} is given twice."
                self.problems.append(Problem(self.name, line, zh, en))
            mapping[key] = self.value_of(value_node, (*place, key))
            self.lines[(*place, key)] = line
        return mapping


Documents = Mapping[str, Document]


def pathway_documents(documents: Documents) -> Iterator[tuple[str, Document]]:
    """Yield the documents of pathways with their names."""
    return ((name, document) for name, document in documents.items() if name.startswith("pathways/"))


def frozen(value: Any) -> Any:
    """Return the value with its mappings and lists made unchangeable, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(each) for each in value)
    return value


def walk(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every place in a plain value with what stands there, outermost first."""
    yield place, value
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from walk(each, (*place, key))
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from walk(each, (*place, position))

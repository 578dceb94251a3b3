"""Walks a document against tables of its keys, and notes everything that does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from core.settings.positions import Path
from core.settings.problems import Problems, dotted
from core.text import nearest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """A raw value with its place in the document."""

    raw: object
    problems: Problems
    path: Path = ()

    def child(self, step: str | int, raw: object) -> Node:
        return Node(raw, self.problems, (*self.path, step))

    @property
    def where(self) -> str:
        """`target[0].content.ignore[1]`."""
        return dotted(self.path)

    def wrong(self, message: str, position: int | None = None) -> None:
        self.problems.add(self.path, message, position)


Reader = Callable[[Node], Any]
"""Turns a node into its value; notes what is wrong with it and answers None where there is none."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of one table. `later` are keys of the contract that this version does not have."""

    keys: Mapping[str, Reader]
    required: tuple[str, ...] = ()
    later: frozenset[str] = frozenset()


def shown(raw: object) -> str:
    """A wrong value as an error message quotes it."""
    match raw:
        case bool():
            return str(raw).lower()
        case str():
            return f"'{raw}'" if len(raw) <= 60 else f"'{raw[:60]}…'"
        case int() | float():
            return str(raw)
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return f"the {type(raw).__name__} {raw}"


def plain(read: Callable[[object], T]) -> Reader:
    """A reader of single values from a function that raises ValueError with what is allowed."""

    def reader(node: Node) -> T | None:
        try:
            return read(node.raw)
        except ValueError as error:
            node.wrong(str(error))
            return None

    return reader


def listing(read: Reader, at_least: int = 0) -> Reader:
    """A reader of lists: a tuple of what `read` makes of the elements."""

    def reader(node: Node) -> tuple[Any, ...] | None:
        if not isinstance(node.raw, list):
            node.wrong(f"expected a list, not {shown(node.raw)}")
            return None
        if len(node.raw) < at_least:
            node.wrong("the list is empty")
            return None
        values = [read(node.child(number, raw)) for number, raw in enumerate(node.raw)]
        return tuple(value for value in values if value is not None)

    return reader


def mapping(read_key: Callable[[object], str], read: Reader) -> Reader:
    """A reader of tables whose keys are names of the operator's choice: a tuple of pairs."""

    def reader(node: Node) -> tuple[tuple[str, Any], ...] | None:
        if not isinstance(node.raw, dict):
            node.wrong(f"expected a table, not {shown(node.raw)}")
            return None
        pairs = []
        for raw_key, raw in node.raw.items():
            inner = node.child(raw_key, raw)
            key, value = plain(read_key)(Node(raw_key, inner.problems, inner.path)), read(inner)
            if key is not None and value is not None:
                pairs.append((key, value))
        return tuple(pairs)

    return reader


def table(node: Node, shape: Shape) -> dict[str, Any]:
    """The good values of a table by key; unknown, missing, not-yet and bad keys are noted."""
    if not isinstance(node.raw, dict):
        node.wrong(f"expected a table, not {shown(node.raw)}")
        return {}
    values: dict[str, Any] = {}
    excused: set[str] = set()
    for key, raw in node.raw.items():
        inner = node.child(key, raw)
        if key in shape.keys:
            value = shape.keys[key](inner)
            if value is not None:
                values[key] = value
        elif key in shape.later:
            inner.wrong("not in this version")
            excused.update(shape.required)
        else:
            excused.add(unknown_key(inner, key, shape.keys))
    for key in shape.required:
        if key not in node.raw and key not in excused:
            node.wrong(f"'{key}' is missing")
    return values


def unknown_key(node: Node, key: str, valid: Iterable[str]) -> str:
    """Note a key that is none; answers the valid key that was probably meant, or ""."""
    names = tuple(valid)
    meant = nearest(key, names) or ""
    hint = f"did you mean '{meant}'?" if meant else f"valid keys: {', '.join(names)}"
    node.wrong(f"unknown key; {hint}")
    return meant

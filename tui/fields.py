"""Fields of forms: what is typed as the table that the settings file would have, and back, and what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import VedetteError
from core.settings.edit import between_commas
from core.settings.problems import InvalidSettings

Table = dict[str, object]
BETWEEN = "\n"  # between chosen words: no name has one
SECRET = "secret:"  # noqa: S105 - how the name of a secret is written where a value could stand too
_MISSING = re.compile(r"'([a-z_.]+)' is missing")
_ELEMENT = re.compile(r"\[\d+\].*")


class Kind(StrEnum):
    """How a field is typed and what stands in the table for it."""

    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    PAIRS = "pairs"
    CHOICE = "choice"
    CHECKS = "checks"
    SEVERAL = "several"
    TYPE = "type"
    FLAG = "flag"
    FILTER = "filter"
    SECRET_NAME = "secret name"  # noqa: S105 - a kind of field
    MASKED = "masked"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `key` is its key in the table, with dots for tables within; `example` stands there while it is empty.

    `choices` are those of a choice, the first being what holds without a word; of checks all hold without a word, of
    several none does. `hint` says more while it has the focus.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    hint: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    separator: str = ","


def values_of(fields: Iterable[Field], table: Mapping[str, object]) -> dict[str, str]:
    """What the fields show of a table."""
    return {field.key: _written(field, _found(table, field.key)) for field in fields}


def table_of(fields: Iterable[Field], values: Mapping[str, str]) -> Table:
    """The table that the fields mean; what is empty, or as it is without a word, is left out."""
    table: Table = {}
    for field in fields:
        value = _meant(field, values.get(field.key, "").strip())
        if value is not None:
            _put(table, field.key, value)
    return table


def wrong_of(fields: Sequence[Field], judge: Callable[[], object]) -> dict[str, str]:
    """What `judge` finds wrong, by the key of the field it concerns; "" for what concerns none of them."""
    try:
        judge()
    except InvalidSettings as error:
        found: dict[str, str] = {}
        for each in error.problems:
            missing = _MISSING.fullmatch(each.message)
            prefix = f"{each.key}." if each.key else ""
            key = _field_key(fields, f"{prefix}{missing[1]}" if missing else each.key)
            found.setdefault(key, "is needed" if missing and key else each.message)
        return found
    except VedetteError as error:
        return {"": str(error)}
    return {}


def _field_key(fields: Sequence[Field], key: str) -> str:
    plain = _ELEMENT.sub("", key)
    fitting = [each.key for each in fields if plain == each.key or plain.startswith(f"{each.key}.")]
    return fitting[0] if fitting else ""


def _found(table: Mapping[str, object], key: str) -> object:
    top, _, inner = key.partition(".")
    value = table.get(top)
    if not inner:
        return value
    return _found(value, inner) if isinstance(value, Mapping) else None


def _put(table: Table, key: str, value: object) -> None:
    top, _, inner = key.partition(".")
    if not inner:
        table[top] = value
        return
    within = table.setdefault(top, {})
    assert isinstance(within, dict)
    _put(within, inner, value)


def _written(field: Field, value: object) -> str:
    match field.kind, value:
        case Kind.CHECKS, None:
            return BETWEEN.join(field.choices)
        case ((Kind.CHOICE | Kind.TYPE), None):
            return field.choices[0]
        case _, None:
            return ""
        case ((Kind.CHECKS | Kind.SEVERAL), list()):
            return BETWEEN.join(str(each) for each in value)
        case _, bool():
            return "true" if value else ""
        case _, list():
            return ", ".join(str(each) for each in value)
        case Kind.SECRET_NAME, {"secret": name}:
            return str(name)
        case Kind.SECRET_NAME, _:
            return ""  # it may be the secret itself
        case _, dict():
            return f"{field.separator} ".join(f"{key}={_one(each)}" for key, each in value.items())
    return str(value)


def _one(value: object) -> str:
    return f"{SECRET}{value['secret']}" if isinstance(value, dict) and "secret" in value else str(value)


def _meant(field: Field, text: str) -> object:
    """What stands in the table for a text; None for nothing."""
    match field.kind:
        case Kind.CHECKS:
            chosen = [each for each in text.split(BETWEEN) if each]
            return None if tuple(chosen) == field.choices else chosen
        case Kind.SEVERAL:
            return [each for each in text.split(BETWEEN) if each] or None
        case Kind.TYPE:
            return text
        case Kind.CHOICE:
            return None if text in ("", field.choices[0]) else text
        case Kind.FLAG:
            return True if text == "true" else None
    if not text:
        return None
    match field.kind:
        case Kind.NUMBER:
            return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
        case Kind.LIST:
            return between_commas(text)
        case Kind.PAIRS:
            return dict(_pairs(text, field.separator))
        case Kind.SECRET_NAME:
            return {"secret": text}
    return text


def _pairs(text: str, separator: str) -> Iterable[tuple[str, object]]:
    for piece in text.split(separator):
        key, _, value = (word.strip() for word in piece.partition("="))
        if key:
            yield key, {"secret": value.removeprefix(SECRET)} if value.startswith(SECRET) else value

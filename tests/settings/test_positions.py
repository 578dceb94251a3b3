"""Positions are right for every way TOML has of writing a key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings.positions import Path, index, inside, line_and_column


def every_path(value: object, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from every_path(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from every_path(inner, (*path, number))


DOCUMENTS = [
    "",
    "# only a comment",
    "a = 1\nb.c = 2\nb . d = 3 # same table\n",
    "[a]\nx = 1\n[a.b]\ny = 2\n[[a.c]]\nz = 3\n[[a.c]]\nz = 4\n[a.c.d]\nw = 5\n",
    "[[t]]\nname = 'one'\n[t.content]\nselect = 'main'\n[[t]]\nname = \"two\"\n"
    "content.ignore = [\n  '#a', # first\n  \"/b]/\",\n]\n",
    "x = { a = 1, b = { c = [1, 2, { d = '}' }] } }\n",
    '"quoted key" = 1\n\'literal.key\'."in\\u0041ner" = 2\n',
    's = """\nline\nwith "quotes" and \\""" inside"""""\nn = 1\n',
    "s = '''\nx = 1 # no\n''''\nn = 1\n",
    "when = 1979-05-27 07:32:00\nlist = [1979-05-27, 0x10, +inf,]\nempty = []\nnone = {}\n",
    '[a."b.c".d]\nx=1\n[ e . f ]\ny=[[1,2],[3]]\n',
    "a = 1\r\n[b]\r\nc = 'x'\r\n",
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_index_knows_exactly_the_paths_that_tomllib_finds(text: str) -> None:
    assert set(index(text)) == set(every_path(tomllib.loads(text)))


def test_lines_are_right_in_arrays_of_tables_dotted_keys_inline_tables_and_quoted_keys() -> None:
    text = DOCUMENTS[4] + '[[rule]]\n"na me" = 1\ninline = { deep = { x = 1 }, y = 2 }\n'
    places = index(text)
    lines = {path: line_and_column(text, place.key)[0] for path, place in places.items()}
    assert lines["t", 0] == 1
    assert lines["t", 0, "content", "select"] == 4
    assert lines["t", 1, "name"] == 6
    assert lines["t", 1, "content", "ignore", 1] == 9
    assert lines["rule", 0, "na me"] == 12
    assert lines["rule", 0, "inline", "deep", "x"] == 13


@pytest.mark.parametrize(
    "written",
    [
        "'abc\"def'",
        '"abc\\"def"',
        '"\\u0061b\\U00000063\\"def"',
        '"""\nabc\\"def"""',
        "'''\nabc\"def'''",
        '"""a\\\n   bc"def"""',
    ],
)
def test_a_character_of_a_string_is_found_behind_escapes_and_line_endings(written: str) -> None:
    text = f"key = {written}\n"
    assert tomllib.loads(text)["key"] == 'abc"def'
    offset = inside(text, index(text)["key",], 4)
    assert text[offset] == "d"


keys = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6)
scalars = st.one_of(
    st.integers(0, 9), st.booleans(), st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def inline(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case list():
            return "[" + ", ".join(map(inline, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {inline(inner)}" for key, inner in value.items()) + "}"
        case _:
            return str(value)


@given(st.dictionaries(keys, values, max_size=4))
def test_no_key_and_no_value_leads_the_index_astray(document: dict[str, object]) -> None:
    text = "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in document.items())
    assert set(index(text)) == set(every_path(tomllib.loads(text)))

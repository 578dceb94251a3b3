"""No words become markup: what Textual or Rich would read as such is a literal, or comes as Text or Content."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What reads its first words as markup, unless told otherwise (Textual 8.2, Rich 14).
READS_MARKUP = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Link", "Option", "Selection", "TabPane", "Tab",
    "Collapsible", "Markdown", "notify", "DiscoveryHit", "Hit", "Placeholder", "Digits", "Tooltip",
}  # fmt: skip
NEVER = {"from_markup", "render_str", "render_markup", "escape"}
TITLES = {"border_title", "border_subtitle", "tooltip", "loading_text"}
HARMLESS_MAKERS = {"Text", "Content", "Strip", "line", "page", "ruled", "spread", "aged"}


def name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def is_no_markup(words: ast.expr | None) -> bool:
    """Nothing, a literal of ours, or made as text; what a method of one's own makes is known by its annotation."""
    if words is None or (isinstance(words, ast.Constant) and "[" not in str(words.value)):
        return True
    return isinstance(words, ast.Call) and (
        name_of(words.func) in HARMLESS_MAKERS or name_of(words.func).startswith("_")
    )


def offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Assign):
            for each in node.targets:
                if isinstance(each, ast.Attribute) and each.attr in TITLES and not is_no_markup(node.value):
                    yield node.lineno, each.attr


def _of_call(node: ast.Call) -> Iterator[tuple[int, str]]:
    name = name_of(node.func)
    if name in NEVER and not (isinstance(node.func, ast.Attribute) and name_of(node.func.value) in ("html", "re")):
        yield node.lineno, name
    off = any(
        each.arg == "markup" and isinstance(each.value, ast.Constant) and each.value.value is False
        for each in node.keywords
    )
    words = node.args[0] if node.args else next((each.value for each in node.keywords if each.arg == "content"), None)
    if name in ("Hit", "DiscoveryHit"):
        words = node.args[1 if name == "Hit" else 0]
    if name == "update" and node.args and isinstance(words, ast.Constant | ast.JoinedStr | ast.BinOp):
        yield node.lineno, name
    if name in READS_MARKUP and not off and not is_no_markup(words):
        yield node.lineno, name


@pytest.mark.parametrize("path", sorted(ROOT.glob("tui/**/*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_read_as_markup_that_is_not_a_literal(path: Path) -> None:
    assert list(offences(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "Static(name)", "Label(f'{name}')", "self.notify(str(error))", "widget.border_title = name",
        "Text.from_markup(name)", "Content.from_markup('[b]x')", "Button(label.text)",
        "page.update(f'{name}')", "Hit(1, matcher.highlight(x), go)",
        "Static('[b]' + name)", "notify(name, markup=True)", "escape(name)",
    ],
)  # fmt: skip
def test_what_would_be_read_as_markup_is_seen(code: str) -> None:
    assert list(offences(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    ["Static()", "Static('plain words')", "Static(Text(name))", "notify(name, markup=False)", "re.escape(name)",
     "Hit(1, Content(name), go)", "Static(id='page')"],
)  # fmt: skip
def test_what_is_text_passes(code: str) -> None:
    assert list(offences(ast.parse(code))) == []

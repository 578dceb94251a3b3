"""Help is complete, true to the tables it is generated from, searchable, and fits any terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App
from textual.widgets import Input, Static

import tui.app  # noqa: F401 - binds what help promises
from core.query.filters import FIELDS, parse
from tests.tui.colour import style_contrast
from tests.tui.test_keys import bound_classes
from tui import keys
from tui.pages import (
    FOLDER,
    Block,
    Setting,
    every_page,
    lay_out,
    page,
    page_names,
    result_blocks,
    search,
)
from tui.panes import site
from tui.screens import system
from tui.screens.help import HelpScreen, setting_of
from tui.theme import Skin, load_themes, shipped_folder
from tui.widgets.table import VirtualTable
from tui.wording import FAMILIES, NOT_YET

SKIN = load_themes([shipped_folder()]).skins["dark"]
SETTING = Setting(themes=(("dark", "dark and calm"),))
SIZES = [(40, 10), (80, 24), (120, 40)]


def told(name: str, setting: Setting = SETTING) -> str:
    lines = lay_out(page(name, setting).blocks, 100)
    return "\n".join("".join(span.text for span in line) for line in lines)


@pytest.mark.parametrize("screen", keys.SCREENS)
def test_every_screen_has_a_page_with_all_its_keys(screen: str) -> None:
    leads = {block.lead for block in page(screen, SETTING).blocks}
    shown = {" ".join(keys.display(key) for key in act.keys) for act in keys.acts_of(keys.SCREENS[screen]) if act.keys}
    assert shown <= leads


def test_every_screen_module_has_a_page() -> None:
    modules = {path.stem for path in (FOLDER.parent / "screens").glob("*.py")} - {"__init__"}
    assert modules & set(keys.SCREENS) <= set(page_names(SETTING))


def test_every_field_of_the_filter_language_is_explained() -> None:
    rows = {block.lead: block.text for block in page("filter", SETTING).blocks if block.kind == "row"}
    assert set(FIELDS) <= set(rows)
    for field in FIELDS.values():
        assert all(alias in rows[field.name] for alias in field.aliases)
        assert all(kind in rows[field.name] for kind in field.kinds)


def test_the_examples_of_the_filter_page_are_filters() -> None:
    rows = re.findall(r"^: (.+?) \| ", Path(FOLDER / "filter.md").read_text(), re.MULTILINE)
    examples = [row for row in rows if "field" not in row and not row.startswith("= ")]
    assert len(examples) > 10
    for example in examples:
        parse(example.replace("(a or b) -c", "(up or down) -paused"))


def test_every_command_is_on_the_page_of_commands() -> None:
    leads = {block.lead for block in page("commands", SETTING).blocks}
    assert {f":{name} {act.arguments}".strip() for name, act in keys.COMMANDS.items()} <= leads


@pytest.mark.parametrize("family", FAMILIES)
def test_every_sign_is_explained_somewhere(family: str) -> None:
    everything = "\n".join(told(name) for name in page_names(SETTING))
    assert all(re.search(rf"{re.escape(sign.mark())} +{sign.word}", everything)
               for state, sign in FAMILIES[family].items() if sign.mark().strip() and state not in NOT_YET)  # fmt: skip


def test_no_placeholder_and_no_mark_is_left() -> None:
    for name in page_names(SETTING):
        assert not re.search(r"\{\{|\}\}|\*\*", told(name)), name


def test_pages_are_short() -> None:
    assert {path.name for path in FOLDER.glob("*.md") if len(path.read_text().splitlines()) > 110} == set()


def test_a_page_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        page("../keys", SETTING)


@pytest.mark.parametrize("width", [12, 20, 36, 60, 96])
def test_every_line_of_every_page_fits(width: int) -> None:
    for each in every_page(SETTING):
        for line in lay_out(each.blocks, width):
            assert cell_len("".join(span.text for span in line)) <= width, (each.name, line)


def test_every_role_of_a_line_has_a_style() -> None:
    named = {span.role for each in every_page(SETTING) for line in lay_out(each.blocks, 60, "site") for span in line}
    assert named <= set(SKIN.roles.styles)


def test_help_for_a_terminal_without_glyphs_is_ascii() -> None:
    for each in every_page(Setting(plain=True)):
        lines = lay_out(each.blocks, 80, plain=True)
        assert [line for line in lines if not all(span.text.isascii() for span in line)] == [], each.name


def test_a_keymap_shows_in_help() -> None:
    moved = Setting(overrides={"object.rescan": "ctrl+e"})
    assert "^e" in {block.lead for block in page("sites", moved).blocks}


def test_a_search_finds_blocks_with_all_words() -> None:
    found = search(every_page(SETTING), "dead letter")
    assert "alerts" in {each.page.name for each in found}
    assert all({"dead", "letter"} <= set(re.findall(r"dead|letter", f"{block.lead} {block.text}".lower()))
               for each in found for block in each.blocks)  # fmt: skip
    assert search(every_page(SETTING), "  ") == []
    assert search(every_page(SETTING), "xyzzy") == []


def test_a_search_shows_each_line_once() -> None:
    blocks = [block for block in result_blocks(search(every_page(SETTING), "half page")) if block.kind == "row"]
    assert len(blocks) == len(set(blocks))


def test_found_words_are_picked_out() -> None:
    line = lay_out([Block("text", "A dead letter is Dead.")], 60, "dead")[0]
    assert [span.text for span in line if span.role == "match"] == ["dead", "Dead"]


# -- the screen


class Helped(App[None]):
    """Opens help over an empty screen, as the console does."""

    def __init__(self, name: str, setting: Setting = SETTING, skin: Skin = SKIN) -> None:
        super().__init__()
        self._shown = HelpScreen(name, skin.roles, setting)
        self.register_theme(skin.textual_theme())
        self.theme = skin.name

    @property
    def help(self) -> HelpScreen:
        return self._shown

    def on_mount(self) -> None:
        self.push_screen(self._shown)

    def shown(self) -> str:
        return str(self._shown.query_one("#help-text", Static).visual)


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_for_the_focus_is_shown(size: tuple[int, int]) -> None:
    app = Helped("alerts")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "Open questions" in app.shown()
        widest = max(map(cell_len, app.shown().splitlines()))
        assert widest <= size[0]


async def test_slash_searches_all_pages_and_escape_leaves_step_by_step() -> None:
    app = Helped("sites")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"clipboard")
        assert "OSC 52" in app.shown()
        assert "Every site" not in app.shown()
        await pilot.press("enter", "escape")
        assert "Every site" in app.shown()
        await pilot.press("escape")
        assert app.screen is not app.help


async def test_what_is_not_found_is_said() -> None:
    app = Helped("sites")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"xyzzy")
        assert "Nothing in any page" in app.shown()


async def test_tab_turns_the_pages_around() -> None:
    app = Helped("overview")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        assert app.help.page_name == page_names(SETTING)[1]
        await pilot.press("shift+tab", "shift+tab")
        assert app.help.page_name == page_names(SETTING)[-1]


async def test_a_page_scrolls_and_q_closes() -> None:
    app = Helped("filter")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("pagedown")
        body = app.help.query_one("HelpBody")
        assert body.scroll_offset.y > 0
        await pilot.press("q")
        assert app.screen is not app.help


async def test_letters_typed_into_the_search_are_letters() -> None:
    app = Helped("overview")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", "q", "slash")
        assert app.help.query_one(Input).value == "q/"


async def test_markup_and_control_characters_of_a_keymap_are_text() -> None:
    evil = Setting(
        overrides={"object.rescan": "[@click=app.quit]x[/],\x1b]52;c;QQ==\x07"}, themes=(("[b]", "\x1b[2J"),)
    )
    app = Helped("sites", evil)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"rescan")
        assert "[@click=app.quit" in app.shown()
        assert "\x1b" not in app.shown()


async def test_an_unknown_page_shows_help_about_help() -> None:
    app = Helped("nowhere")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.help.page_name == "help"


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast", "deuteranopia", "tritanopia"])
async def test_all_text_painted_is_legible(name: str) -> None:
    skin = load_themes([shipped_folder()]).skins[name]
    app = Helped("alerts", skin=skin)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"let")
        segments = [segment for strip in app.screen._compositor.render_strips() for segment in strip]
    texts = [(each.text, each.style) for each in segments if each.text.strip() and each.text[0].isalnum()]
    assert len(texts) > 20
    least = 7.0 if name == "high-contrast" else 4.5
    assert [text for text, style in texts if style and style_contrast(style, "#000000", "#000000") < least] == []


def test_help_promises_only_what_the_console_binds() -> None:
    setting = setting_of(skins=[SKIN])
    assert setting.only is not None
    assert keys.bound_ids(HelpScreen, VirtualTable) <= setting.only
    promised = {
        act.id
        for act in keys.ACTS.values()
        for block in page("sites", setting).blocks
        if act.keys and block.lead == " ".join(map(keys.display, act.keys)) and block.text.startswith(act.words)
    }
    assert {each for each in promised if not keys.ACTS[each].built_in} <= setting.only


def test_help_turns_through_the_screens_there_are() -> None:
    names = page_names(Setting(screens={"sites": frozenset()}))
    assert names[0] == "sites"
    assert {"filter", "help", "themes"} <= set(names)
    assert not {"secrets", "rules"} & set(names)


def test_without_a_command_line_help_names_no_commands() -> None:
    without = Setting(only=frozenset({"object.rescan"}))
    assert not any(block.lead.startswith(":") for block in page("commands", without).blocks)
    assert ":scan" not in " ".join(block.text for block in page("sites", without).blocks)
    assert ":scan" in " ".join(block.text for block in page("sites", SETTING).blocks)


SHARED = {"object", "event", "collection", "tabs"}


@pytest.mark.parametrize("screen", [each for each in bound_classes() if getattr(each, "page", "") in keys.SCREENS])
def test_the_page_of_a_screen_promises_only_what_that_screen_binds(screen: type) -> None:
    name = str(vars(screen).get("page", ""))
    if not name:
        pytest.skip("shares the page of the screen above it")
    rows = {(block.lead, block.text) for block in page(name, setting_of()).blocks if block.kind == "row"}
    told = {
        act.id
        for act in keys.acts_of(SHARED & set(keys.SCREENS[name]))
        for lead, text in rows
        if lead == " ".join(map(keys.display, act.keys)) and text.startswith(act.words)
    }
    bound = {each for each in keys.bound_ids(screen) if keys.ACTS[each].scope in SHARED}
    assert told == bound


@pytest.mark.parametrize(("name", "tabs"), [("site", site.TABS), ("system", system.TABS)])
def test_the_tabs_that_a_page_tells_of_are_those_there_are(name: str, tabs: tuple[str, ...]) -> None:
    rows = re.findall(r"^: (\w+) \|", (FOLDER / f"{name}.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(tabs)


def test_every_page_that_is_written_can_be_reached() -> None:
    assert set(page_names(setting_of())) == {path.stem for path in FOLDER.glob("*.md")}

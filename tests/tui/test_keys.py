"""One table of keys and commands: without conflicts, complete in help, safe in every terminal."""

from __future__ import annotations

import importlib
import itertools
import string
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding

from tui import commands, keys
from tui.app import ConsoleApp
from tui.keys import ACTS, COMMANDS, SCREENS, Act, KeysError

EVERY_SCOPE = {act.scope for act in ACTS.values()}


def test_no_key_means_two_things_on_any_screen() -> None:
    assert [str(each) for each in keys.conflicts()] == []


def test_a_conflict_is_found() -> None:
    found = keys.conflicts({"object.rescan": "j"})
    assert ("object.rescan" in found[0].ids, "list.down" in found[0].ids) == (True, True)
    assert {each.screen for each in found} >= {"sites", "changes"}


@pytest.mark.parametrize(("one", "other"), [("ctrl+i", "tab"), ("ctrl+m", "enter"), ("less_than_sign", "<")])
def test_names_of_one_key_are_one_key(one: str, other: str) -> None:
    assert keys.canonical(one) == keys.canonical(other)


def test_every_scope_is_reachable_and_has_a_title() -> None:
    reachable = {scope for scopes in SCREENS.values() for scope in scopes} | {keys.COMMAND}
    assert reachable == EVERY_SCOPE == set(keys.SCOPE_TITLES)


def test_nothing_that_can_be_done_is_missing_from_help() -> None:
    tables = keys.help_tables(EVERY_SCOPE)
    rows = [row for _, rows in tables for row in rows]
    assert len(rows) == len(ACTS)
    for act in ACTS.values():
        shown = " ".join(keys.display(key) for key in act.keys)
        assert any(row.keys == shown and row.words.startswith(act.words) for row in rows), act.id


def test_the_help_of_each_screen_has_each_of_its_keys() -> None:
    for scopes in SCREENS.values():
        told = {key for _, rows in keys.help_tables(scopes) for row in rows for key in row.keys.split(" ")}
        assert {keys.display(key) for act in keys.acts_of(scopes) for key in act.keys} <= told


def bound_classes() -> list[type]:
    """Every app, screen and widget of the console that binds keys."""
    modules = [name for folder in ("widgets", "panes", "screens") for name in _modules(folder)]
    found = [each for name in ("tui.app", *modules) for each in vars(importlib.import_module(name)).values()]
    ours = [each for each in found if isinstance(each, type) and each.__module__.startswith("tui.")]
    return [each for each in ours if "BINDINGS" in vars(each)]


def _modules(folder: str) -> list[str]:
    paths = (Path(keys.__file__).parent / folder).glob("*.py")
    return [f"tui.{folder}.{path.stem}" for path in sorted(paths) if path.stem != "__init__"]


def test_every_key_that_the_console_binds_stands_in_the_table() -> None:
    table = {(keys.canonical(key), act.called) for act in ACTS.values() for key in act.keys}
    wrong = []
    for each in bound_classes():
        for binding in Binding.make_bindings(vars(each)["BINDINGS"]):
            act = ACTS.get(binding.id or "")
            known = {(keys.canonical(key), act.called) for key in act.keys} if act else table
            if (keys.canonical(binding.key), binding.action) not in known or bool(act) != bool(binding.id):
                wrong.append(f"{each.__name__}: {binding.key} {binding.action} {binding.id}")
    assert wrong == []


def test_every_key_of_the_table_is_bound_somewhere() -> None:
    bound = keys.bound_ids(*bound_classes())
    assert [act.id for act in ACTS.values() if act.keys and not act.built_in and act.id not in bound] == []


def test_every_command_of_the_table_is_done_by_the_console() -> None:
    assert set(COMMANDS) == set(commands.REGISTRY)


def test_every_binding_of_a_screen_is_an_act_that_the_screen_or_the_console_does() -> None:
    missing = [
        f"{each.__name__}: {binding.action}"
        for each in bound_classes()
        for binding in keys.bound_by(each)
        if not any(hasattr(by, f"{kind}{_method(binding)}") for by in (each, ConsoleApp) for kind in ("", "_"))
    ]
    assert missing == []


def _method(binding: Binding) -> str:
    return f"action_{binding.action.partition('(')[0].rpartition('.')[2]}"


@pytest.mark.parametrize("each", [each for each in bound_classes() if getattr(each, "page", "") in SCREENS])
def test_a_screen_binds_only_acts_of_its_scopes_so_that_no_conflict_is_overlooked(each: Any) -> None:
    scopes = {ACTS[name].scope for name in keys.bound_ids(each)}
    assert scopes <= set(SCREENS[each.page])


def test_help_can_show_only_what_is_bound() -> None:
    tables = keys.help_tables(["list", "object"], only={"list.open"})
    assert [row.words for _, rows in tables for row in rows] == ["Open"]
    assert keys.bound_ids(Pressed) >= {"list.open", "object.rescan", "chart.overlay"}


def test_no_key_is_one_that_terminals_keep_for_themselves() -> None:
    bound = [(act, key) for act in ACTS.values() for key in act.keys]
    assert [act.id for act, key in bound if key.startswith("alt+") or key in {f"f{n}" for n in range(1, 25)}] == []
    assert [
        act.id
        for act, key in bound
        if keys.canonical(key) in keys.FORBIDDEN_OUTSIDE_TEXT and act.scope not in keys.TYPED_INTO
    ] == ["global.suspend"], "which is what terminals keep ^z for"


def test_what_destroys_is_a_capital_and_changes_something() -> None:
    destructive = [act for act in ACTS.values() if act.destructive]
    assert destructive
    assert all(act.mutating for act in destructive)
    assert all(key in string.ascii_uppercase for act in destructive for key in act.keys)


def test_every_act_has_a_key_or_a_command() -> None:
    assert [act.id for act in ACTS.values() if not act.keys and not act.command] == []


def test_commands_and_ids_are_unique() -> None:
    named = [act.command for act in ACTS.values() if act.command]
    assert len(named) == len(set(named))
    assert not set(keys.ALIASES) & set(COMMANDS)
    assert set(keys.ALIASES.values()) <= set(COMMANDS)


def test_kinds_are_known() -> None:
    assert {kind for act in ACTS.values() for kind, _ in act.kinds} <= set(keys.KINDS)


def test_actions_of_one_screen_do_not_share_a_name() -> None:
    for scopes in SCREENS.values():
        shared = [scope for scope in scopes if scope not in (*keys.FOCUSED, *keys.TYPED_INTO)]
        called = [act.called for act in keys.acts_of(shared)]
        assert len(called) == len(set(called))


# -- read-only


def test_read_only_hides_everything_that_changes_something() -> None:
    mutating = {act.id for act in ACTS.values() if act.mutating}
    for screen, kind in itertools.product(SCREENS, ("", *keys.KINDS)):
        shown = {each.id for each in keys.hints(screen, kind, readonly=True)}
        assert not shown & mutating
        assert not {each.id for each in keys.palette(screen, kind, readonly=True)} & mutating
    bound = {each.id for scope in EVERY_SCOPE for each in keys.bindings(scope, readonly=True)}
    assert not bound & mutating


def test_read_only_refuses_the_action_itself() -> None:
    assert not keys.is_allowed("rescan", readonly=True)
    assert keys.is_allowed("rescan", readonly=False)
    assert keys.is_allowed("copy", readonly=True)


@pytest.mark.parametrize("line", ["ack A-1", "scan tag:shop", "remove shop", "drop D-1", "pause shop"])
def test_read_only_refuses_commands(line: str) -> None:
    with pytest.raises(KeysError, match="read-only"):
        keys.read_command(line, readonly=True)


# -- footer


def test_the_footer_names_what_fits_the_cursor() -> None:
    words = {each.id: each.words for each in keys.hints("alerts", "alert")}
    assert words["object.acknowledge"] == "Acknowledge"
    assert words["object.pause"] == "Pause or resume its site"
    assert "object.pause" not in {each.id for each in keys.hints("alerts", "delivery")}
    assert {each.id: each.words for each in keys.hints("alerts", "delivery")}["object.rescan"] == "Try again"
    assert {each.id: each.words for each in keys.hints("changes", "change")}["object.acknowledge"] == (
        "Accept as expected"
    )


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_the_footer_fits_and_always_offers_help(width: int) -> None:
    for screen in ("overview", "sites", "site", "alerts", "system"):
        fitting = keys.footer(keys.hints(screen, "target"), max(width, 40))
        assert sum(each.cells + 2 for each in fitting) <= max(width, 40)
        assert fitting[-1].id == "global.help"


def test_the_footer_begins_with_what_is_used_most() -> None:
    assert [each.key for each in keys.footer(keys.hints("sites", "target"), 60)][:2] == ["⏎", "r"]
    assert keys.hints("sites", "target", plain=True)[0].key == "enter"


# -- keymaps of the settings


def test_a_keymap_moves_a_key_everywhere_it_is_shown() -> None:
    moved = keys.checked_keymap({"object.rescan": "ctrl+e"})
    assert moved == {"object.rescan": "ctrl+e"}
    assert {each.id: each.key for each in keys.hints("sites", "target", overrides=moved)}["object.rescan"] == "^e"
    rows = [row for _, rows in keys.help_tables(["object"], overrides=moved) for row in rows]
    assert any(row.keys == "^e" for row in rows)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"object.rescn": "ctrl+e"}, "there is no 'object.rescn'; did you mean 'object.rescan'?"),
        ({"object.rescan": "ctrl+s"}, "belongs to the terminal"),
        ({"object.rescan": "j"}, "is list.down and object.rescan on"),
        ({"object.rescan": ""}, "needs at least one key"),
        ({"global.palette": "ctrl+e"}, "cannot be moved"),
        ({"\x1b]0;x\x07": "a"}, "there is no '␛]0;x␇'"),
    ],
)
def test_a_keymap_that_cannot_be_is_refused_with_the_reason(overrides: dict[str, str], told: str) -> None:
    with pytest.raises(KeysError) as caught:
        keys.checked_keymap(overrides)
    assert told in str(caught.value)


class Pressed(App[None]):
    """Counts what its bindings do."""

    BINDINGS = [*keys.bindings("object", "list", "chart")]  # noqa: RUF012 - as Textual wants it

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def action_rescan(self) -> None:
        self.done.append("rescan")

    def action_sort_left(self) -> None:
        self.done.append("sort_left")

    def action_sort_reverse(self) -> None:
        self.done.append("sort_reverse")

    def action_filter_cell(self) -> None:
        self.done.append("filter_cell")

    def action_zoom(self, factor: float) -> None:
        self.done.append(f"zoom {factor}")

    def action_clear_marks(self) -> None:
        self.done.append("clear_marks")

    def action_mark_range(self) -> None:
        self.done.append("mark_range")


async def test_textual_understands_the_keys() -> None:
    app = Pressed()
    async with app.run_test() as pilot:
        pressed = ("r", "less_than_sign", "vertical_line", "equals_sign", "minus", "backslash", "ctrl+@")
        await pilot.press(*pressed)
    assert app.done == [
        "rescan", "sort_left", "sort_reverse", "filter_cell", "zoom 2", "clear_marks", "mark_range",
    ]  # fmt: skip


async def test_textual_takes_the_keymap_by_id() -> None:
    app = Pressed()
    async with app.run_test() as pilot:
        app.set_keymap(keys.checked_keymap({"object.rescan": "ctrl+e"}))
        await pilot.press("r", "ctrl+e")
    assert app.done == ["rescan"]


# -- commands


@pytest.mark.parametrize(
    ("line", "command", "arguments"),
    [
        ("sites tag:shop", "sites", "tag:shop"),
        (":ack A-412 rolling back", "ack", "A-412 rolling back"),
        ("  QUIT ", "quit", ""),
        ("q", "quit", ""),
        ("theme deuteranopia", "theme", "deuteranopia"),
        ("columns +lcp -sec", "columns", "+lcp -sec"),
    ],
)
def test_a_command_is_read(line: str, command: str, arguments: str) -> None:
    typed = keys.read_command(line)
    assert (typed.act.command, typed.arguments) == (command, arguments)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stes", "did you mean ':sites'?"),
        ("zzzzzz", "lists all commands"),
        ("ack", ":ack wants ALERT"),
        ("\x1b[2J", "␛"),
        ("", "there is no command"),
    ],
)
def test_what_is_no_command_is_told(line: str, told: str) -> None:
    with pytest.raises(KeysError) as caught:
        keys.read_command(line)
    assert told in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_commands_complete() -> None:
    assert [act.command for act in keys.complete_command(":s")] == [
        "save",
        "scan",
        "secrets",
        "site",
        "sites",
        "system",
    ]
    assert "scan" not in [act.command for act in keys.complete_command("s", readonly=True)]


def test_every_key_is_shown_in_one_word() -> None:
    for act, plain in itertools.product(ACTS.values(), (False, True)):
        for key in act.keys:
            assert " " not in keys.display(key, plain)
            assert keys.display(key, plain).isascii() or not plain


def test_an_act_knows_its_scope_and_action() -> None:
    act = Act("list.mark", "Mark", ("space",))
    assert (act.scope, act.called) == ("list", "mark")

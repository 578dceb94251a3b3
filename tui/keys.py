"""Everything an operator can do in the console: the one table of keys and `:` commands for screens, help and palette.

A key belongs to a scope, and a screen is a set of scopes, so which keys can meet is known without running anything. Ids
are what a keymap in the settings names; changing one breaks somebody's keymap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wcwidth import wcswidth

from core.errors import VedetteError
from core.text import nearest, safe

if TYPE_CHECKING:
    from textual.binding import Binding

GLOBAL, LIST, COLLECTION, OBJECT, EVENT = "global", "list", "collection", "object", "event"
TABS, CHART, DIFF, FILTER, LINE, TEXT = "tabs", "chart", "diff", "filter", "line", "text"
HELP, VERDICT, SURE, CHOICE, PICK = "help", "verdict", "sure", "choice", "pick"
JUMP, EXPORT, LEAVE, TAKE_OVER, COMMAND = "jump", "export", "leave", "takeover", "command"

SCOPE_TITLES = {
    OBJECT: "What is under the cursor, or marked",
    EVENT: "A change or an alert",
    COLLECTION: "This collection",
    CHART: "Chart",
    DIFF: "Difference",
    TABS: "Tabs",
    LIST: "List",
    HELP: "Help",
    VERDICT: "What a change or an alert was",
    LEAVE: "Leaving while the engine lives here",
    TAKE_OVER: "When the engine is gone",
    FILTER: "Filter bar",
    LINE: "Command line",
    SURE: "Are you sure?",
    JUMP: "Letters over the panes",
    EXPORT: "Where to export to",
    TEXT: "Text fields and forms",
    CHOICE: "Choices in forms",
    PICK: "Choice of a theme",
    GLOBAL: "Everywhere",
    COMMAND: "Commands, after :",
}

# Which scopes a screen has; the name is that of the help page too.
SCREENS: dict[str, tuple[str, ...]] = {
    "overview": (GLOBAL, LIST, OBJECT, EVENT),
    "sites": (GLOBAL, LIST, OBJECT, COLLECTION, FILTER),
    "site": (GLOBAL, LIST, OBJECT, TABS, CHART),
    "changes": (GLOBAL, LIST, OBJECT, EVENT, DIFF, FILTER),
    "alerts": (GLOBAL, LIST, OBJECT, EVENT, TABS, FILTER),
    "system": (GLOBAL, LIST, OBJECT, EVENT, TABS, FILTER),
    "rules": (GLOBAL, LIST, OBJECT, COLLECTION),
    "channels": (GLOBAL, LIST, OBJECT, COLLECTION),
    "secrets": (GLOBAL, LIST, OBJECT, COLLECTION),
    "form": (TEXT, CHOICE),
    "picker": (PICK,),
    "filter": (FILTER,),
    "commands": (LINE, SURE),
    "moving": (JUMP,),
    "export": (EXPORT,),
    "help": (HELP,),
    "verdict": (VERDICT,),
    "leave": (LEAVE,),
    "takeover": (TAKE_OVER,),
}

# Scopes of one widget each, of which one has the focus; those where one types get every key before the screen does.
FOCUSED = (LIST, CHART, DIFF, CHOICE)
TYPED_INTO = (FILTER, LINE, EXPORT, TEXT)

# The kinds of things a cursor can stand on.
KINDS = ("target", "change", "alert", "delivery", "job", "rule", "channel", "secret")


# What is done to the site of a change or an alert is done less often than what is done to these themselves.
ABOUT_SITES = ("change", "alert")
BEHIND = 30


class KeysError(VedetteError):
    """A keymap or a `:` command that cannot be used; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done. `id` is its scope and name; `keys` are Textual's names of keys.

    `kinds` says what it is called for each kind it can be done to; without it, it does not depend on the cursor.
    `rarely` are the kinds for which it stands behind what is done to them more often.
    `mutating` acts are gone with --readonly; `destructive` ones ask first. `footer` is its rank there, 0: not shown.
    `built_in` keys are bound by Textual itself and are listed here for help and for conflicts.
    """

    id: str
    words: str
    keys: tuple[str, ...] = ()
    action: str = ""
    kinds: tuple[tuple[str, str], ...] = ()
    mutating: bool = False
    destructive: bool = False
    footer: int = 0
    command: str = ""
    arguments: str = ""
    built_in: bool = False
    rarely: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]

    @property
    def called(self) -> str:
        """The Textual action: `action_<called>`, unless said otherwise."""
        return self.action or self.id.partition(".")[2]

    def words_for(self, kind: str) -> str | None:
        """What it is called for a kind; None where it cannot be done to it."""
        return dict(self.kinds).get(kind) if self.kinds else self.words


def _show(name: str, key: str, words: str, arguments: str = "[FILTER]") -> Act:
    return Act(f"global.{name}", words, (key,), f"switch_mode('{name}')", command=name, arguments=arguments)


ACTS: dict[str, Act] = {
    each.id: each
    for each in (
        # global: where to look
        _show("overview", "1", "Overview", ""),
        _show("sites", "2", "Sites"),
        _show("changes", "3", "Changes"),
        _show("alerts", "4", "Alerts", "[TAB|FILTER]"),
        _show("system", "6", "System", "[TAB]"),
        Act("global.palette", "Search everything that can be done", ("ctrl+p",), "command_palette", footer=91,
            built_in=True),
        Act("global.command", "Command", ("colon",), footer=81),
        Act("global.filter", "Filter", ("slash",), footer=80, command="filter", arguments="FILTER"),
        Act("global.help", "Help for what has the focus", ("question_mark",), footer=92, command="help",
            arguments="[PAGE]"),
        Act("global.back", "Back, or clear the filter", ("escape",), footer=22),
        Act("global.last_view", "The view before this one", ("grave_accent",)),
        Act("global.history_back", "Back in history", ("left_curly_bracket",)),
        Act("global.history_forward", "Forward in history", ("right_curly_bracket",)),
        Act("global.focus_next", "Next pane", ("tab",), "app.focus_next", built_in=True),
        Act("global.focus_previous", "Previous pane", ("shift+tab",), "app.focus_previous", built_in=True),
        Act("global.jump", "Jump to a pane by letter", ("ctrl+o",)),
        Act("global.zoom", "Zoom this pane", ("z",), footer=85),
        Act("global.layout", "Next layout", ("Z",)),
        Act("global.freeze", "Freeze or go on", (".",), footer=86, command="freeze"),
        Act("global.refresh", "Read everything again", ("ctrl+r",)),
        Act("global.next_theme", "Next theme", ("T",)),
        Act("global.copy", "Copy cell or row", ("y",), footer=87),
        Act("global.copy_json", "Copy as JSON", ("Y",)),
        Act("global.export", "Export this view", ("x",), footer=88, command="export",
            arguments="FILE.svg|.txt|.html|.csv"),
        Act("global.mute", "Mute the bell, or not", ("m",)),
        Act("global.take_over", "Start the engine here when it is gone", ("ctrl+t",), mutating=True),
        Act("global.suspend", "Suspend to the shell", ("ctrl+z",)),
        Act("global.quit", "Quit", ("q",), footer=93, command="quit"),
        # lists
        Act("list.down", "Down", ("j", "down")),
        Act("list.up", "Up", ("k", "up")),
        Act("list.first", "First row", ("g", "home")),
        Act("list.last", "New rows, then the last row", ("G", "end")),
        Act("list.half_down", "Half a page down", ("ctrl+d",)),
        Act("list.half_up", "Half a page up", ("ctrl+u",)),
        Act("list.page_down", "Page down", ("pagedown",)),
        Act("list.page_up", "Page up", ("pageup",)),
        Act("list.open", "Open", ("enter",), footer=1),
        Act("list.mark", "Mark", ("space",), footer=40),
        Act("list.mark_range", "Mark up to here", ("ctrl+@",)),
        Act("list.clear_marks", "Clear marks", ("backslash",)),
        Act("list.sort_left", "Sort by the column before", ("<",)),
        Act("list.sort_right", "Sort by the next column", (">",), footer=60),
        Act("list.sort_reverse", "Reverse the order", ("|",)),
        Act("list.column_left", "Cell before", ("left",)),
        Act("list.column_right", "Next cell", ("right",)),
        Act("list.wide", "Wide columns", ("w",)),
        Act("list.choose_columns", "Choose columns", ("C",), command="columns", arguments="[+NAME] [-NAME] …"),
        Act("list.facet", "Values of this column, with counts", ("f",), footer=61),
        Act("list.filter_cell", "Filter by this cell", ("=",)),
        Act("list.next_problem", "Next problem", ("n",), footer=62),
        Act("list.previous_problem", "Problem before", ("N",)),
        # what is under the cursor
        Act("object.rescan", "Look again", ("r",), mutating=True, footer=10, command="scan", arguments="NAME|FILTER",
            rarely=ABOUT_SITES,
            kinds=(("target", "Rescan"), ("change", "Rescan"), ("alert", "Rescan"), ("job", "Rescan its site"),
                   ("delivery", "Try again"), ("channel", "Send a test message"))),
        Act("object.acknowledge", "Acknowledge", ("a",), mutating=True, footer=11, command="ack",
            arguments="ALERT [NOTE]", kinds=(("alert", "Acknowledge"), ("change", "Accept as expected"))),
        Act("object.acknowledge_with_note", "Acknowledge with a note", ("A",), mutating=True, footer=12,
            kinds=(("alert", "Acknowledge with a note"),)),
        Act("object.resolve", "Resolve with a note", ("R",), mutating=True, footer=13, command="resolve",
            arguments="ALERT [NOTE]", kinds=(("alert", "Resolve with a note"),)),
        Act("object.verdict", "Say real, noise or expected", ("v",), mutating=True, footer=14, command="verdict",
            arguments="CHANGE|ALERT real|noise|expected", kinds=(("change", "Verdict"), ("alert", "Verdict"))),
        Act("object.pause", "Pause or resume", ("p",), mutating=True, footer=15, command="pause",
            arguments="NAME|FILTER", rarely=ABOUT_SITES,
            kinds=(("target", "Pause or resume"), ("change", "Pause or resume its site"),
                   ("alert", "Pause or resume its site"))),
        Act("object.edit", "Edit", ("e",), mutating=True, footer=16, command="edit", arguments="NAME",
            rarely=ABOUT_SITES,
            kinds=(("target", "Edit"), ("change", "Edit its site"), ("alert", "Edit its site"), ("rule", "Edit"),
                   ("channel", "Edit"), ("secret", "Set"))),
        Act("object.remove", "Remove", ("X",), mutating=True, destructive=True, footer=82, command="remove",
            arguments="NAME", kinds=(("target", "Remove"), ("delivery", "Drop"), ("rule", "Remove"),
                                     ("channel", "Remove"), ("secret", "Remove"))),
        Act("object.diff", "Read it in full", ("d",), footer=17,
            kinds=(("change", "Difference"), ("alert", "Details"), ("delivery", "Details"))),
        Act("object.trends", "Trends", ("t",), footer=18,
            kinds=(("target", "Trends"), ("change", "Trends"), ("alert", "Trends"))),
        Act("object.open_url", "Open its URL", ("O",), footer=84,
            kinds=(("target", "Open its URL"), ("change", "Open its URL"), ("alert", "Open its URL"))),
        Act("event.open_site", "Go to its site", ("o",), footer=19, command="site", arguments="NAME",
            kinds=(("change", "Go to its site"), ("alert", "Go to its site"), ("delivery", "Go to its site"))),
        Act("collection.add", "Add", ("+",), mutating=True, footer=20, command="add", arguments="URL"),
        # tabs, charts, differences
        Act("tabs.next", "Next tab", ("]",), "next_tab", footer=50),
        Act("tabs.previous", "Tab before", ("[",), "previous_tab"),
        Act("chart.zoom_in", "Shorter window", ("+",), "zoom(0.5)", footer=52),
        Act("chart.zoom_out", "Longer window", ("-",), "zoom(2)"),
        Act("chart.earlier", "Earlier", ("H",), "pan(-0.5)", footer=51),
        Act("chart.later", "Later", ("L",), "pan(0.5)"),
        Act("chart.reset", "Whole time", ("0",)),
        Act("chart.overlay", "Overlay the week before", ("o",), footer=53),
        Act("chart.read_earlier", "Read the value before", ("left",), "read(-1)"),
        Act("chart.read_later", "Read the next value", ("right",), "read(1)"),
        Act("chart.next_metric", "Next measure", ("M",), footer=54),
        Act("diff.turn", "Unified or side by side", ("u",), footer=21),
        Act("diff.down", "Down", ("j", "down"), "scroll_down"),
        Act("diff.up", "Up", ("k", "up"), "scroll_up"),
        Act("diff.first", "Start", ("g", "home"), "scroll_home"),
        Act("diff.last", "End", ("G", "end"), "scroll_end"),
        Act("diff.page_down", "Page down", ("ctrl+d", "pagedown")),
        Act("diff.page_up", "Page up", ("ctrl+u", "pageup")),
        # text fields
        Act("filter.done", "Back to the list", ("enter",), "submit", built_in=True, footer=1),
        Act("filter.leave", "Leave", ("escape",), footer=3),
        Act("filter.complete", "Complete", ("tab",), "complete(1)", footer=2),
        Act("filter.complete_back", "Complete backwards", ("shift+tab",), "complete(-1)"),
        Act("filter.older", "Older filter", ("up",), footer=5),
        Act("filter.newer", "Newer filter", ("down",)),
        Act("filter.save", "Save this filter as a view", ("ctrl+s",), mutating=True, footer=4, command="save",
            arguments="NAME"),
        Act("line.done", "Do it", ("enter",), "submit", built_in=True),
        Act("line.leave", "Leave and do nothing", ("escape",)),
        Act("line.complete", "Complete", ("tab",), "complete(1)"),
        Act("line.complete_back", "Complete backwards", ("shift+tab",), "complete(-1)"),
        Act("line.older", "Older command", ("up",)),
        Act("line.newer", "Newer command", ("down",)),
        Act("sure.yes", "Yes, do it", ("y",), "answer(True)"),
        Act("sure.no", "No", ("n", "escape"), "answer(False)"),
        Act("jump.leave", "Stay where you are; any letter that is not shown does so too", ("escape",)),
        Act("export.done", "Write the file", ("enter",), "submit", built_in=True),
        Act("export.format", "Another format", ("tab",), "next_format"),
        Act("export.leave", "Leave and write nothing", ("escape",)),
        Act("text.done", "Take it", ("enter",), "submit", built_in=True),
        Act("text.next", "Next field", ("tab",), "app.focus_next", built_in=True),
        Act("text.previous", "Field before", ("shift+tab",), "app.focus_previous", built_in=True),
        Act("text.below", "Field below", ("down",), "app.focus_next", footer=3),
        Act("text.above", "Field above", ("up",), "app.focus_previous"),
        Act("text.save", "Save the form", ("ctrl+s",), footer=1),
        Act("text.test", "Look once without storing anything", ("ctrl+t",), footer=2),
        Act("text.page_down", "Page down", ("pagedown",)),
        Act("text.page_up", "Page up", ("pageup",)),
        Act("text.leave", "Leave and change nothing", ("escape",), footer=4),
        Act("pick.next", "Next", ("down", "j")),
        Act("pick.previous", "Before", ("up", "k")),
        Act("pick.keep", "Keep it", ("enter",)),
        Act("pick.leave", "The one before", ("escape",)),
        Act("choice.earlier", "Word before", ("left",)),
        Act("choice.later", "Next word", ("right",)),
        Act("choice.tick", "Choose, or not", ("space",)),
        # the question for a verdict
        Act("verdict.real", "Real", ("r",), "say('real')"),
        Act("verdict.noise", "Noise", ("n",), "say('noise')"),
        Act("verdict.expected", "Expected", ("e",), "say('expected')"),
        Act("verdict.leave", "Leave without saying", ("escape",)),
        # what becomes of the watch
        Act("leave.keep", "Keep watching in the background", ("k", "enter"), "answer('keep')"),
        Act("leave.stop", "Stop watching", ("s",), "answer('stop')"),
        Act("leave.stay", "Stay", ("escape",), "leave"),
        Act("takeover.take", "Start it here", ("enter",), "answer('take')", mutating=True),
        Act("takeover.leave", "Look on", ("escape",)),
        # help
        Act("help.close", "Close", ("escape", "q"), "close", footer=1),
        Act("help.down", "Down", ("down",), "scroll_down"),
        Act("help.up", "Up", ("up",), "scroll_up"),
        Act("help.page_down", "Page down", ("pagedown",), "page_down"),
        Act("help.page_up", "Page up", ("pageup",), "page_up"),
        Act("help.next_page", "Next page", ("tab",), "next_page", footer=3),
        Act("help.previous_page", "Page before", ("shift+tab",), "previous_page"),
        Act("help.search", "Search", ("slash",), "search", footer=2),
        # commands without a key
        Act("command.change", "A change", command="change", arguments="C-12"),
        Act("command.alert", "An alert", command="alert", arguments="A-12"),
        Act("command.rules", "Rules", command="rules"),
        Act("command.channels", "Channels", command="channels"),
        Act("command.secrets", "Secrets, by name only", command="secrets"),
        Act("command.resume", "Resume", command="resume", arguments="NAME|FILTER", mutating=True),
        Act("command.requeue", "Try a delivery again", command="requeue", arguments="D-12", mutating=True),
        Act("command.drop", "Drop a dead letter", command="drop", arguments="D-12", mutating=True, destructive=True),
        Act("command.test", "Send a test message", command="test", arguments="CHANNEL", mutating=True),
        Act("command.theme", "Theme", command="theme", arguments="[NAME]"),
        Act("command.view", "A saved view", command="view", arguments="NAME"),
        Act("command.unsave", "Forget a saved view", command="unsave", arguments="NAME", mutating=True),
    )
}  # fmt: skip

COMMANDS: dict[str, Act] = {each.command: each for each in ACTS.values() if each.command}
ALIASES = {"q": "quit", "acknowledge": "ack", "rescan": "scan", "target": "site", "rm": "remove", "targets": "sites"}


# -- keys

# Terminals send the same byte for both.
_SAME = {
    "ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "return": "enter", "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape", "ctrl+space": "ctrl+@", "ctrl+at": "ctrl+@", "full_stop": ".",
    "less_than_sign": "<", "greater_than_sign": ">", "vertical_line": "|", "equals_sign": "=", "plus": "+",
    "minus": "-", "left_square_bracket": "[", "right_square_bracket": "]", "/": "slash", ":": "colon",
    "?": "question_mark", "`": "grave_accent", "{": "left_curly_bracket", "}": "right_curly_bracket", "\\": "backslash",
    " ": "space",
}  # fmt: skip
_SHOWN = {
    "enter": ("⏎", "enter"), "up": ("↑", "up"), "down": ("↓", "down"), "left": ("←", "left"), "right": ("→", "right"),
    "escape": ("esc", "esc"), "slash": ("/", "/"), "colon": (":", ":"), "question_mark": ("?", "?"),
    "grave_accent": ("`", "`"), "left_curly_bracket": ("{", "{"), "right_curly_bracket": ("}", "}"),
    "backslash": ("\\", "\\"), "pagedown": ("PgDn", "PgDn"), "pageup": ("PgUp", "PgUp"), "ctrl+@": ("^space", "^space"),
}  # fmt: skip
FORBIDDEN_OUTSIDE_TEXT = frozenset({"ctrl+s", "ctrl+q", "ctrl+z", "ctrl+c"})


def canonical(key: str) -> str:
    """One name for a key that has several: `ctrl+i` is `tab`, `less_than_sign` is `<`."""
    return _SAME.get(key, key)


def display(key: str, plain: bool = False) -> str:
    """A key as people read it: `^p`, `⏎` (or `enter` when `plain`), `<`."""
    name = canonical(key)
    if name in _SHOWN:
        return _SHOWN[name][plain]
    return safe("^" + name.removeprefix("ctrl+") if name.startswith("ctrl+") else name, 20)


def keys_of(act: Act, overrides: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Its keys, or those that the settings give it."""
    if overrides and act.id in overrides:
        return tuple(key.strip() for key in overrides[act.id].split(",") if key.strip())
    return act.keys


@dataclass(frozen=True, slots=True)
class Conflict:
    """One key that means two things on one screen."""

    screen: str
    key: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        return f"{display(self.key)} is {' and '.join(self.ids)} on {self.screen}"


def conflicts(overrides: Mapping[str, str] | None = None) -> list[Conflict]:
    """Every key that has two meanings among the scopes that can be active at once."""
    found: dict[Conflict, None] = {}
    for screen, scopes in SCREENS.items():
        for together in _active(scopes):
            meanings: dict[str, list[str]] = {}
            for act in acts_of(together):
                for key in keys_of(act, overrides):
                    meanings.setdefault(canonical(key), []).append(act.id)
            found |= {Conflict(screen, key, tuple(ids)): None for key, ids in meanings.items() if len(ids) > 1}
    return list(found)


def _active(scopes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every combination that can be active on a screen with these scopes."""
    shared = tuple(scope for scope in scopes if scope not in (*FOCUSED, *TYPED_INTO))
    yield shared
    yield from ((*shared, focus) for focus in scopes if focus in FOCUSED)
    yield from ((focus,) for focus in scopes if focus in TYPED_INTO)


def acts_of(scopes: Collection[str]) -> list[Act]:
    """The acts of some scopes, in the order of the table."""
    return [each for each in ACTS.values() if each.scope in scopes]


def checked_keymap(overrides: Mapping[str, str]) -> dict[str, str]:
    """Overrides of the settings (id to `key,key`), as `App.set_keymap` wants them; KeysError for what cannot be."""
    for name in overrides:
        if name not in ACTS:
            meant = nearest(name, ACTS)
            hint = f"; did you mean '{meant}'?" if meant else ""
            raise KeysError(f"keys: there is no '{safe(name, 60)}'{hint}")
        _check_keys(ACTS[name], keys_of(ACTS[name], overrides))
    for conflict in conflicts(overrides):
        raise KeysError(f"keys: {conflict}")
    return dict(overrides)


def _check_keys(act: Act, keys: Sequence[str]) -> None:
    if act.built_in:
        raise KeysError(f"keys: {act.id} cannot be moved")
    for key in keys:
        if act.scope not in TYPED_INTO and canonical(key) in FORBIDDEN_OUTSIDE_TEXT:
            raise KeysError(f"keys: {act.id}: {display(key)} belongs to the terminal")
    if not keys and act.keys:
        raise KeysError(f"keys: {act.id} needs at least one key")


def bindings(*scopes: str, readonly: bool = False, plain: bool = False) -> list[Binding]:
    """Textual's bindings of some scopes, to stand in a BINDINGS list; a keymap of the settings still moves them."""
    from textual.binding import Binding  # noqa: PLC0415 - the command line reads this table too

    return [
        Binding(
            ",".join(act.keys),
            act.called,
            act.words,
            show=bool(act.footer),
            key_display=display(act.keys[0], plain),
            id=act.id,
        )
        for act in acts_of(scopes)
        if act.keys and not act.built_in and not (readonly and act.mutating)
    ]


def is_allowed(action: str, *, readonly: bool) -> bool:
    """Whether an action may be done: with `readonly`, no mutating one."""
    return not readonly or action not in _MUTATING


_MUTATING = frozenset(each.called for each in ACTS.values() if each.mutating)


def bound_ids(*classes: type) -> frozenset[str]:
    """The ids that apps, screens and widgets really bind: what help shows when only they shall be shown."""
    return frozenset(binding.id for each in classes for binding in bound_by(each) if binding.id)


def bound_by(each: type) -> list[Binding]:
    """The bindings written in a class and those above it."""
    return [found for base in each.__mro__ for found in vars(base).get("BINDINGS", ()) if hasattr(found, "id")]


# -- what is shown of them


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does, for footers and palettes."""

    id: str
    key: str
    words: str
    action: str

    @property
    def cells(self) -> int:
        return max(0, wcswidth(self.key)) + 1 + max(0, wcswidth(self.words))


def hints(screen: str, kind: str = "", *, readonly: bool = False, plain: bool = False,
          overrides: Mapping[str, str] | None = None) -> list[Hint]:  # fmt: skip
    """The footer of a screen while the cursor stands on a thing of `kind`, most useful first.

    The keys of the filter bar are shown while somebody types there, as if it were a screen.
    """
    scopes = [each for each in SCREENS[screen] if each != FILTER or screen == FILTER]
    acts = [act for act in acts_of(scopes) if act.footer and not (readonly and act.mutating)]
    found = []
    for act in sorted(acts, key=lambda each: each.footer + (BEHIND if kind in each.rarely else 0)):
        words = act.words_for(kind)
        keys = keys_of(act, overrides)
        if words is not None and keys:
            found.append(Hint(act.id, display(keys[0], plain), words, act.called))
    return found


def footer(all_hints: Sequence[Hint], width: int, gap: int = 2) -> list[Hint]:
    """As many hints as fit into `width` cells, in order; help stays, because it tells of all the others."""
    keep = [each for each in all_hints if each.id.endswith(".help")]
    room = width - sum(each.cells + gap for each in keep)
    fitting: list[Hint] = []
    for each in all_hints:
        if each in keep:
            continue
        if each.cells + gap > room:
            break
        room -= each.cells + gap
        fitting.append(each)
    return fitting + keep


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One line of a key table. `keys` are shown, `command` is with its colon and arguments, or empty."""

    keys: str
    words: str
    command: str
    mutating: bool


def help_tables(scopes: Iterable[str], *, plain: bool = False, overrides: Mapping[str, str] | None = None,
                only: Collection[str] | None = None) -> list[tuple[str, list[HelpRow]]]:  # fmt: skip
    """For each scope its title and all its acts, or `only` the ids that are bound (built-in ones always are)."""
    wanted = set(scopes)
    tables = []
    for scope, title in SCOPE_TITLES.items():
        acts = [act for act in acts_of((scope,)) if only is None or act.id in only or act.built_in]
        commands = only is None or "global.command" in only
        rows = [_help_row(act, plain, overrides, commands) for act in acts] if scope in wanted else []
        if rows:
            tables.append((title, rows))
    return tables


def _help_row(act: Act, plain: bool, overrides: Mapping[str, str] | None, commands: bool) -> HelpRow:
    shown = " ".join(display(key, plain) for key in keys_of(act, overrides))
    names = list(dict.fromkeys(words for _, words in act.kinds))
    words = act.words if len(names) < 2 else f"{act.words} ({', '.join(name.lower() for name in names)})"
    command = f":{act.command} {act.arguments}".strip() if act.command and commands else ""
    return HelpRow(shown, words, command, act.mutating)


def palette(screen: str, kind: str = "", *, readonly: bool = False, plain: bool = False) -> list[Hint]:
    """Everything that can be done from a screen: what has a key here, then what is a command anywhere."""
    found = []
    for act in ACTS.values():
        here = act.scope in SCREENS[screen] and act.keys
        words = act.words_for(kind)
        if (readonly and act.mutating) or words is None or not (here or act.command) or act.id == "global.palette":
            continue
        key = display(act.keys[0], plain) if here else f":{act.command}"
        found.append(Hint(act.id, key, words, act.called))
    return found


# -- commands


@dataclass(frozen=True, slots=True)
class Typed:
    """A `:` line that was read: what to do, and with what, which may be empty."""

    act: Act
    arguments: str


def read_command(line: str, *, readonly: bool = False, there: Collection[str] | None = None) -> Typed:
    """`ack A-412 rolling back` as act and arguments; KeysError for what is no command or may not be done.

    `there` are the commands that this console has; None means all.
    """
    name, _, rest = line.strip().removeprefix(":").strip().partition(" ")
    known = ALIASES.get(name.lower(), name.lower())
    act = COMMANDS.get(known)
    if act is not None and there is not None and known not in there:
        raise KeysError(f"this console has no ':{known}'; `vedette --help` has what the shell can do")
    if act is None:
        names = COMMANDS if there is None else there
        meant = nearest(name, (*names, *(alias for alias, of in ALIASES.items() if of in names)))
        hint = f"did you mean ':{meant}'?" if meant else "^p lists all commands"
        raise KeysError(f"there is no command ':{safe(name, 40)}'; {hint}")
    if readonly and act.mutating:
        raise KeysError(f":{act.command} changes something, and this console is read-only")
    if not rest.strip() and act.arguments and not act.arguments.startswith("["):
        raise KeysError(f":{act.command} wants {act.arguments}")
    if rest.strip() and not act.arguments:
        raise KeysError(f":{act.command} takes nothing after it")
    return Typed(act, rest.strip())


def complete_command(text: str, *, readonly: bool = False, there: Collection[str] | None = None) -> list[Act]:
    """The commands that begin as typed, in order of their names."""
    start = text.strip().removeprefix(":").lower()
    return [
        COMMANDS[name]
        for name in sorted(COMMANDS if there is None else there)
        if name.startswith(start) and not (readonly and COMMANDS[name].mutating)
    ]

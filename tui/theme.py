"""Themes: TOML files become colours by role name, glyph sets and Textual themes, and change while the console runs.

Panes name roles, never colours; so a theme is the one place where a colour stands. A file that cannot be used is a
value with its path and what is wrong in it, and the other files load.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from rich.color import Color, ColorType
from rich.errors import StyleSyntaxError
from rich.style import Style

from core.errors import VedetteError
from core.settings.positions import index, line_and_column
from core.text import nearest, safe

if TYPE_CHECKING:
    from textual.filter import LineFilter
    from textual.theme import Theme
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

DARK, ANSI, MONO = "dark", "ansi-16", "mono"
LARGEST_FILE = 100_000

# What a theme must say itself.
ESSENTIAL_ROLES = (
    "text", "muted", "heading", "up", "degraded", "down", "paused", "unknown", "inconclusive", "added", "removed",
    "changed",
)  # fmt: skip

# What a theme may say; else the role looks like the one named, or has the style written here.
INHERITED_ROLES = {
    "critical": "down", "high": "degraded", "medium": "text", "low": "muted", "info": "muted",
    "firing": "down", "acknowledged": "text", "silenced": "paused", "resolved": "up",
    "pending": "muted", "sending": "text", "delivered": "up", "retrying": "degraded", "dead": "down",
    "confirmed": "text", "suspected": "inconclusive", "suppressed": "muted",
    "title": "heading", "label": "muted", "key": "heading", "link": "heading", "match": "heading", "marked": "heading",
    "ok": "up", "warning": "degraded", "error": "down", "stale": "degraded", "frozen": "heading", "new": "added",
    "rule": "muted", "axis": "muted", "gap": "muted", "overlay": "muted", "threshold": "degraded",
    "anomaly": "inconclusive", "event_change": "changed", "event_alert": "down", "event_delivery": "heading",
}  # fmt: skip
FIXED_ROLES = {"selection": "reverse", "cursor": "reverse"}
ROLE_NAMES = (*ESSENTIAL_ROLES, *INHERITED_ROLES, *FIXED_ROLES)


class ThemeError(VedetteError):
    """A theme file that cannot be used: one line a problem, each with file, line and key."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs that are no state: each one cell wide, but for `sparks`, which is a ladder of them."""

    plain: bool
    sparks: str
    missing: str
    rule: str
    divider: str
    crossing: str
    cursor: str
    marked: str
    bar: str
    arrow: str
    ellipsis: str
    ascending: str
    descending: str
    enter: str
    up: str
    down: str
    left: str
    right: str
    now: str
    chart: Literal["braille", "ascii"]


GLYPHS: dict[str, Glyphs] = {
    "unicode": Glyphs(
        plain=False, sparks="▁▂▃▄▅▆▇█", missing="·", rule="─", divider="│", crossing="┼", cursor="▌", marked="✓",
        bar="█", arrow="→", ellipsis="…", ascending="↑", descending="↓", enter="⏎", up="↑", down="↓", left="←",
        right="→", now="┊", chart="braille",
    ),
    "ascii": Glyphs(
        plain=True, sparks="_.-=+*#@", missing=" ", rule="-", divider="|", crossing="+", cursor=">", marked="*",
        bar="#", arrow=">", ellipsis="~", ascending="^", descending="v", enter="<", up="^", down="v", left="<",
        right=">", now=":", chart="ascii",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Roles:
    """The style of every role. `chart` are the series of a chart, in order, and never empty."""

    styles: Mapping[str, Style]
    chart: tuple[Style, ...]

    def __getitem__(self, role: str) -> Style:
        return self.styles[role]

    def selected(self, style: Style) -> Style:
        """The style of a cell in the row under the cursor: reverse video instead of a hue, even over a whole row."""
        bold = Style(bold=True) if style.bold else Style()
        return self.styles["selection"] + bold

    def series(self, number: int) -> Style:
        """The colour of a chart's line; they repeat where there are more lines than colours."""
        return self.chart[number % len(self.chart)]


# Textual 8.2.8 gives these to every theme but those of the terminal's colours, and fails where one is missing.
_NEEDED_VARIABLES = {
    "ansi": {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"},
    "none": {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"},
}


@dataclass(frozen=True, slots=True)
class Skin:
    """One theme, ready to wear. `colours` is full, the terminal's own sixteen, or none at all."""

    name: str
    dark: bool
    colours: Literal["full", "ansi", "none"]
    palette: Mapping[str, str]
    variables: Mapping[str, str]
    roles: Roles
    glyphs: str
    path: Path
    summary: str = ""

    def textual_theme(self) -> Theme:
        """What Textual's stylesheets need of it."""
        from textual.theme import Theme  # noqa: PLC0415 - commands without a screen choose a theme too

        colours: dict[str, Any] = dict(self.palette)
        needed = _NEEDED_VARIABLES.get(self.colours) or {"text-muted": self._colour_of("muted")}
        variables = {**needed, **self.variables}
        return Theme(self.name, dark=self.dark, ansi=self.colours != "full", variables=variables, **colours)

    def _colour_of(self, role: str) -> str:
        """As stylesheets have it; Textual would mix one of its own, legible or not."""
        colour = self.roles[role].color
        return colour.name if colour is not None else self.palette.get("foreground", self.palette["primary"])

    def glyph_set(self, ascii_only: bool) -> Glyphs:
        """Its glyphs, or those of ASCII where the terminal has no others."""
        return GLYPHS["ascii" if ascii_only else self.glyphs]

    def line_filters(self, filters: Sequence[LineFilter]) -> Sequence[LineFilter]:
        """What Textual's `get_line_filters` gives, and for a theme without colours one that takes every colour away.

        Textual's own colours stand in the styles of its widgets, and its NO_COLOR makes 24-bit greys of them.
        """
        if self.colours != "none":
            return filters
        from textual.filter import Monochrome, NoColor  # noqa: PLC0415 - as above

        return [*(each for each in filters if not isinstance(each, (Monochrome, NoColor))), NoColor()]


# -- the file


class _Palette(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Textual's own names."""

    primary: str
    secondary: str | None = None
    warning: str | None = None
    error: str | None = None
    success: str | None = None
    accent: str | None = None
    foreground: str | None = None
    background: str | None = None
    surface: str | None = None
    panel: str | None = None
    boost: str | None = None


class _Glyphs(msgspec.Struct, forbid_unknown_fields=True):
    set: Literal["unicode", "ascii"] = "unicode"


_Roles = msgspec.defstruct(
    "_Roles",
    [
        *((name, str) for name in ESSENTIAL_ROLES),
        ("chart", list[str]),
        *((name, str | None, None) for name in (*INHERITED_ROLES, *FIXED_ROLES)),
    ],
    forbid_unknown_fields=True,
)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    palette: _Palette
    roles: _Roles  # type: ignore[valid-type]
    dark: bool = True
    summary: str = ""
    colours: Literal["full", "ansi", "none"] = "full"
    glyphs: _Glyphs = msgspec.field(default_factory=_Glyphs)
    variables: dict[str, str] = {}


_TABLES: dict[tuple[str, ...], Any] = {(): _File, ("palette",): _Palette, ("roles",): _Roles, ("glyphs",): _Glyphs}


def read_theme(text: str, path: Path) -> Skin:
    """The theme that a TOML text describes; ThemeError with everything that is wrong in it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"{path}: {safe(str(error))}") from None
    where = _Where(path, text)
    unknown = [problem for table in _TABLES for problem in _unknown_keys(document, table, where)]
    if unknown:
        raise ThemeError("\n".join(unknown))
    try:
        file = msgspec.convert(document, _File)
    except msgspec.ValidationError as error:
        raise ThemeError(_told(error, where)) from None
    return _skin(file, where)


@dataclass(frozen=True, slots=True)
class _Where:
    path: Path
    text: str

    def problem(self, key: tuple[str, ...], message: str) -> str:
        """`mine.toml:12: roles.down: what is wrong`."""
        place = index(self.text).get(key)
        line = f":{line_and_column(self.text, place.key)[0]}" if place else ""
        return f"{self.path}{line}: {safe('.'.join(key), 100)}: {message}"


def _unknown_keys(document: Mapping[str, Any], table: tuple[str, ...], where: _Where) -> Iterable[str]:
    found: Any = document
    for step in table:
        found = found.get(step, {})
    if not isinstance(found, dict):
        return
    known = msgspec.structs.fields(_TABLES[table])
    names = [each.encode_name for each in known]
    for key in found:
        if key not in names:
            meant = nearest(key, names)
            hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(names)}"
            yield where.problem((*table, key), f"unknown key; {hint}")


def _told(error: msgspec.ValidationError, where: _Where) -> str:
    """msgspec's `Expected str, got int - at $.roles.up` with the key first."""
    message, _, at = str(error).partition(" - at `$")
    steps = at.rstrip("`").replace("[...]", "").strip(".")
    return where.problem(tuple(steps.split(".")) if steps else ("theme",), message)


def _skin(file: Any, where: _Where) -> Skin:
    problems: list[str] = []
    palette = {key: value for key, value in msgspec.to_builtins(file.palette).items() if value is not None}
    for key, value in palette.items():
        _check_colour(value, file.colours, ("palette", key), where, problems)
    for key, value in file.variables.items():
        _check_variable(key, value, where, problems)
    written = {key: value for key, value in msgspec.structs.asdict(file.roles).items() if value is not None}
    series = written.pop("chart")
    styles = {role: _style(text, file.colours, ("roles", role), where, problems) for role, text in written.items()}
    chart = tuple(_style(text, file.colours, ("roles", "chart"), where, problems) for text in series)
    if not chart:
        problems.append(where.problem(("roles", "chart"), "wants at least one colour"))
    if problems:
        raise ThemeError("\n".join(problems))
    roles = Roles(_inherited(styles), chart)
    return Skin(
        file.name, file.dark, file.colours, palette, file.variables, roles, file.glyphs.set, where.path, file.summary
    )


def _inherited(styles: Mapping[str, Style]) -> dict[str, Style]:
    whole = dict(styles)
    for role, other in INHERITED_ROLES.items():
        whole.setdefault(role, whole[other])
    for role, text in FIXED_ROLES.items():
        whole.setdefault(role, Style.parse(text))
    return whole


def _style(text: str, colours: str, key: tuple[str, ...], where: _Where, problems: list[str]) -> Style:
    try:
        style = Style.parse(text)
    except StyleSyntaxError as error:
        problems.append(where.problem(key, safe(str(error))))
        return Style()
    if style.link or style.meta:
        problems.append(where.problem(key, "a style has colours and attributes, no links"))
    for colour in (style.color, style.bgcolor):
        if colour is not None and not _fits(colour, colours):
            problems.append(where.problem(key, f"'{safe(text)}' is not among {_CHOICE[colours]}"))
    return style


_CHOICE = {
    "full": "24-bit colours such as #3D9BE0",
    "ansi": "the terminal's sixteen colours, such as red or bright_blue, and default",
    "none": "attributes such as bold, because the theme has no colours",
}


def _fits(colour: Color, colours: str) -> bool:
    if colours == "none":
        return False
    if colours == "ansi":
        return colour.type in (ColorType.STANDARD, ColorType.DEFAULT)
    return colour.type is ColorType.TRUECOLOR


def _check_colour(text: str, colours: str, key: tuple[str, ...], where: _Where, problems: list[str]) -> None:
    """A palette's colour is Textual's: `#3D9BE0`, or `ansi_blue` and `ansi_default` for the terminal's own."""
    if colours == "full":
        good = _HEX.fullmatch(text) is not None
    else:
        good = text == "ansi_default" or (colours == "ansi" and text in _TEXTUAL_ANSI)
    if not good:
        problems.append(where.problem(key, f"'{safe(text, 60)}' is not {_PALETTE_CHOICE[colours]}"))


def _check_variable(name: str, value: str, where: _Where, problems: list[str]) -> None:
    """A variable of Textual's stylesheets; a misspelt one would change nothing and say nothing."""
    key = ("variables", name)
    if name not in _variable_names():
        meant = nearest(name, _variable_names())
        problems.append(where.problem(key, f"unknown key; did you mean '{meant}'?" if meant else "unknown key"))
    elif not _VALUE.fullmatch(value):
        problems.append(where.problem(key, f"'{safe(value, 60)}' is no value of a stylesheet"))


@cache
def _variable_names() -> frozenset[str]:
    from textual.design import ColorSystem  # noqa: PLC0415 - only a console loads themes

    return frozenset(name for ansi in (False, True) for name in ColorSystem("#000000", ansi=ansi).generate())


_VALUE = re.compile(r"[A-Za-z0-9_#%. -]+")
_HEX = re.compile("#[0-9a-fA-F]{6}")
_BASIC = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_TEXTUAL_ANSI = frozenset((*(f"ansi_{name}" for name in _BASIC), *(f"ansi_bright_{name}" for name in _BASIC)))
_PALETTE_CHOICE = {
    "full": "a colour such as #3D9BE0",
    "ansi": "ansi_default or a colour such as ansi_blue",
    "none": "ansi_default, because the theme has no colours",
}


# -- folders


@dataclass(frozen=True, slots=True)
class BadTheme:
    """A file that could not be used, and what is wrong with it."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """All themes by name, and the files that are none."""

    skins: Mapping[str, Skin]
    failures: tuple[BadTheme, ...] = ()


def shipped_folder() -> Path:
    """Where the themes of this program stand."""
    import themes  # noqa: PLC0415 - the folder is a package so that it is installed; nothing in it runs

    return Path(themes.__path__[0])


def user_folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_CONFIG_HOME/vedette/themes`; it need not exist."""
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "vedette" / "themes"


def load_themes(folders: Sequence[Path]) -> Wardrobe:
    """Every `*.toml` of the folders; a theme of a later folder replaces one of the same name."""
    skins: dict[str, Skin] = {}
    failures: list[BadTheme] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        try:
            skin = read_theme(_content(path), path)
        except (ThemeError, OSError, UnicodeDecodeError) as error:
            failures.append(BadTheme(path, safe(str(error), keep_newlines=True)))
        else:
            skins[skin.name] = skin
    return Wardrobe(skins, tuple(failures))


def _content(path: Path) -> str:
    if path.stat().st_size > LARGEST_FILE:
        raise ThemeError(f"{path}: larger than {LARGEST_FILE} bytes, which is no theme")
    return path.read_text("utf-8")


def choose(environ: Mapping[str, str], wanted: str = "") -> str:
    """The theme for a terminal: the one wanted here or by VEDETTE_THEME, else by what the terminal says that it can.

    NO_COLOR counts when it is not empty (no-color.org). A terminal without COLORTERM may still have all colours, but
    only the sixteen are certain.
    """
    if chosen := wanted or environ.get("VEDETTE_THEME", ""):
        return chosen
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return MONO
    term = environ.get("TERM", "")
    plain = term == "linux" or term.partition(".")[0].partition("-")[0] == "screen"
    return ANSI if plain or environ.get("COLORTERM", "").lower() not in ("truecolor", "24bit") else DARK


# -- changes while running


class ThemeWatch:
    """Calls back whenever a theme file in one of the folders is written, renamed or removed.

    The call comes from a thread of its own, several times for one save of some editors; whoever is called loads the
    folders again.
    """

    def __init__(self, folders: Sequence[Path], changed: Callable[[], None]) -> None:
        self._folders = tuple(folders)
        self._changed = changed
        self._observer: BaseObserver | None = None

    def start(self) -> str:
        """Watch the folders that exist; why not, where the system has no watches left, else nothing."""
        from watchdog.events import FileSystemEventHandler  # noqa: PLC0415 - after the first paint, not before
        from watchdog.observers import Observer  # noqa: PLC0415

        watch = self

        class _Listener(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                watch._seen(event)

        try:
            observer = Observer()
            for folder in self._folders:
                if folder.is_dir():
                    observer.schedule(_Listener(), str(folder))
            observer.start()
        except OSError as error:
            return f"themes are not reloaded while running: {safe(error.strerror or str(error))}"
        self._observer = observer
        return ""

    def stop(self) -> None:
        """End the thread; nothing is called back after this."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _seen(self, event: FileSystemEvent) -> None:
        names = (str(event.src_path), str(event.dest_path or ""))
        written = event.event_type in ("modified", "created", "deleted", "moved")
        if written and any(name.endswith(".toml") for name in names):
            self._changed()

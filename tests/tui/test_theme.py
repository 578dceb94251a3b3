"""Themes are strict files, legible for everybody, chosen by what the terminal says, and reloaded while running."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.color import ColorType
from rich.style import Style

from tests.tui.colour import XTERM_GROUND, XTERM_TEXT, difference, from_hex, from_rich, luminance, style_contrast
from tui import wording
from tui.theme import (
    GLYPHS,
    ROLE_NAMES,
    Skin,
    ThemeError,
    ThemeWatch,
    choose,
    load_themes,
    read_theme,
    shipped_folder,
    user_folder,
)

NAMES = ("dark", "light", "high-contrast", "deuteranopia", "tritanopia", "ansi-16", "mono")
COLOURFUL = tuple(name for name in NAMES if name != "mono")
SKINS = load_themes([shipped_folder()]).skins
NO_ROLE = Path("mine.toml")
TUI = Path(__file__).parents[2] / "tui"


def grounds(skin: Skin) -> dict[str, str]:
    if skin.colours != "full":
        return {"background": XTERM_GROUND}
    return {name: skin.palette[name] for name in ("background", "surface", "panel")}


def test_every_shipped_theme_loads() -> None:
    wardrobe = load_themes([shipped_folder()])
    assert wardrobe.failures == ()
    assert sorted(wardrobe.skins) == sorted(NAMES)
    assert all(path.stem in wardrobe.skins for path in shipped_folder().glob("*.toml"))


@pytest.mark.parametrize("name", COLOURFUL)
def test_every_role_is_legible_on_every_ground(name: str) -> None:
    skin = SKINS[name]
    least = 7.0 if name == "high-contrast" else 4.5
    text = XTERM_TEXT if skin.colours == "ansi" else skin.palette["foreground"]
    styles = {role: skin.roles[role] for role in ROLE_NAMES}
    styles |= {f"chart {number}": style for number, style in enumerate(skin.roles.chart)}
    poor = [
        f"{role} on {ground}: {ratio:.2f}"
        for ground, colour in grounds(skin).items()
        for role, style in styles.items()
        if (ratio := style_contrast(style, text, colour)) < least
    ]
    assert poor == []


@pytest.mark.parametrize("name", [name for name in COLOURFUL if SKINS[name].colours == "full"])
def test_textuals_own_colours_are_legible_too(name: str) -> None:
    skin = SKINS[name]
    least = 7.0 if name == "high-contrast" else 4.5
    named = ("primary", "secondary", "accent", "warning", "error", "success", "foreground")
    poor = [
        (colour, ground)
        for colour, ground in itertools.product(named, grounds(skin))
        if style_contrast(Style(color=skin.palette[colour]), "#ffffff", skin.palette[ground]) < least
    ]
    assert poor == []


@pytest.mark.parametrize("name", [name for name in COLOURFUL if SKINS[name].colours == "full"])
def test_scrollbars_can_be_seen(name: str) -> None:
    """At least 3:1, WCAG 2.2, success criterion 1.4.11."""
    skin = SKINS[name]
    for bar in ("scrollbar", "scrollbar-hover", "scrollbar-active"):
        assert all(
            style_contrast(Style(color=skin.variables[bar]), "#fff", each) >= 3 for each in grounds(skin).values()
        )


STATES = ("up", "degraded", "down", "paused", "inconclusive")


@pytest.mark.parametrize(
    ("name", "sight"),
    [
        ("deuteranopia", "deuteranopia"),
        ("deuteranopia", "usual"),
        ("tritanopia", "tritanopia"),
        ("tritanopia", "usual"),
    ],
)
def test_states_are_told_apart_by_those_the_theme_is_for(name: str, sight: str) -> None:
    skin = SKINS[name]
    colours = {state: from_rich(skin.roles[state].color, "#ffffff") for state in STATES}
    near = [
        f"{one} {other}: {apart:.1f}"
        for one, other in itertools.combinations(STATES, 2)
        if (apart := difference(colours[one], colours[other], sight)) < 20
    ]
    assert near == []


@pytest.mark.parametrize("name", [name for name in COLOURFUL if SKINS[name].colours == "full"])
@pytest.mark.parametrize(("one", "other"), [("added", "removed"), ("up", "down"), ("degraded", "down")])
def test_what_must_not_be_confused_differs_for_usual_sight(name: str, one: str, other: str) -> None:
    roles = SKINS[name].roles
    assert difference(from_rich(roles[one].color, "#fff"), from_rich(roles[other].color, "#fff")) > 20


@pytest.mark.parametrize("name", NAMES)
def test_every_role_that_a_sign_names_has_a_style(name: str) -> None:
    signs = [sign for family in wording.FAMILIES.values() for sign in family.values()]
    assert {sign.role for sign in signs} <= set(SKINS[name].roles.styles)


def test_every_role_used_in_the_console_is_defined() -> None:
    used = re.compile(r"""roles\[["']([a-z_]+)["']\]|\brole=["']([a-z_]+)["']""")
    sources = [path.read_text() for path in TUI.rglob("*.py")]
    named = {one or other for source in sources for one, other in used.findall(source)}
    assert named <= set(ROLE_NAMES)


def test_no_colour_stands_outside_the_themes() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{6}\b")
    written = {
        path.name: found
        for path in (*TUI.rglob("*.py"), *TUI.rglob("*.tcss"))
        if path.name != "theme.py" and (found := colour.findall(path.read_text()))
    }
    assert written == {}


def test_the_sixteen_colour_theme_has_no_other_colours() -> None:
    roles = SKINS["ansi-16"].roles
    kinds = {
        colour.type
        for style in (*roles.styles.values(), *roles.chart)
        for colour in (style.color,)
        if colour is not None
    }
    assert kinds <= {ColorType.STANDARD, ColorType.DEFAULT}


def test_the_theme_without_colours_has_none() -> None:
    roles = SKINS["mono"].roles
    assert all(style.color is None and style.bgcolor is None for style in (*roles.styles.values(), *roles.chart))
    assert set(SKINS["mono"].palette.values()) == {"ansi_default"}


@pytest.mark.parametrize("name", NAMES)
def test_selection_is_reverse_video(name: str) -> None:
    roles = SKINS[name].roles
    assert roles.selected(roles["up"]).reverse
    assert roles.selected(roles["up"]).color is None
    assert roles.selected(roles["down"]).bold


@pytest.mark.parametrize("name", NAMES)
def test_dark_says_what_is_so(name: str) -> None:
    skin = SKINS[name]
    ground = XTERM_GROUND if skin.colours != "full" else skin.palette["background"]
    assert skin.dark == (luminance(from_hex(ground)) < 0.2)
    assert skin.textual_theme().dark == skin.dark


def test_chart_colours_repeat() -> None:
    roles = SKINS["dark"].roles
    assert roles.series(len(roles.chart)) == roles.series(0)


# -- files

WHOLE = (shipped_folder() / "dark.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("down = ", "donw = ", "roles.donw: unknown key; did you mean 'down'?"),
        ("primary = ", "primry = ", "palette.primry: unknown key; did you mean 'primary'?"),
        ("dark = true", "drak = true", "drak: unknown key; did you mean 'dark'?"),
        ("[roles]", "[glyphs]\nsset = 'ascii'\n[roles]", "glyphs.sset: unknown key; did you mean 'set'?"),
        ("[roles]", "[glyphs]\nset = 'runes'\n[roles]", "glyphs.set: Invalid enum value 'runes'"),
        ('up = "#86C296"', "up = 3", "roles.up: Expected `str`, got `int`"),
        ('up = "#86C296"', 'up = "#86C29Z"', "roles.up: "),
        ('up = "#86C296"', 'up = "green"', "roles.up: 'green' is not among 24-bit colours"),
        ('up = "#86C296"', 'up = "link https://x.example"', "roles.up: a style has colours and attributes, no links"),
        ('up = "#86C296"', "", "roles: Object missing required field `up`"),
        ('primary = "#7AB4F0"', 'primary = "sky"', "palette.primary: 'sky' is not a colour such as #3D9BE0"),
        ("chart = [", "chart = []\nmuch = [", "roles.much: unknown key"),
        ("scrollbar = ", "scrolbar = ", "variables.scrolbar: unknown key; did you mean 'scrollbar'?"),
        ('scrollbar = "#66758A"', 'scrollbar = "red; }"', "variables.scrollbar: 'red; }' is no value"),
        ("dark = true", "dark = true true", "Expected newline or end of document"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(old: str, new: str, told: str) -> None:
    with pytest.raises(ThemeError) as caught:
        read_theme(WHOLE.replace(old, new, 1), NO_ROLE)
    assert str(caught.value).startswith("mine.toml")
    assert told in str(caught.value)


def test_a_mistake_is_told_with_its_line() -> None:
    lines = WHOLE.splitlines()
    number = next(at for at, line in enumerate(lines, 1) if line.startswith("down ="))
    with pytest.raises(ThemeError, match=rf"^mine\.toml:{number}: roles\.donw"):
        read_theme(WHOLE.replace("down = ", "donw = ", 1), NO_ROLE)


def test_all_unknown_keys_are_told_at_once() -> None:
    with pytest.raises(ThemeError) as caught:
        read_theme(WHOLE.replace("down = ", "donw = ").replace("primary = ", "primry = "), NO_ROLE)
    assert len(str(caught.value).splitlines()) == 2


def test_a_theme_without_colours_may_not_have_any() -> None:
    mono = (shipped_folder() / "mono.toml").read_text()
    with pytest.raises(ThemeError, match="attributes such as bold"):
        read_theme(mono.replace('up = ""', 'up = "green"'), NO_ROLE)


def test_a_role_that_a_theme_leaves_out_looks_like_its_neighbour() -> None:
    roles = SKINS["dark"].roles
    assert roles["dead"] == roles["down"]
    assert roles["stale"] == roles["degraded"]


def test_a_bad_file_is_a_failure_with_its_path_and_the_rest_loads(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(WHOLE.replace('name = "dark"', 'name = "mine"'))
    (tmp_path / "bad.toml").write_text("name = ")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "huge.toml").write_text("#" * 200_000)
    (tmp_path / "folder.toml").mkdir()
    wardrobe = load_themes([shipped_folder(), tmp_path])
    assert set(wardrobe.skins) == {*NAMES, "mine"}
    assert [failure.path.name for failure in wardrobe.failures] == [
        "bad.toml", "binary.toml", "folder.toml", "huge.toml",
    ]  # fmt: skip


def test_a_theme_of_the_user_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "dark.toml").write_text(WHOLE.replace('up = "#86C296"', 'up = "#FFFFFF"'))
    skins = load_themes([shipped_folder(), tmp_path]).skins
    assert skins["dark"].path == tmp_path / "dark.toml"
    assert skins["dark"].roles["up"] == Style.parse("#FFFFFF")


def test_a_folder_that_is_not_there_holds_no_themes(tmp_path: Path) -> None:
    assert load_themes([tmp_path / "none"]).skins == {}


def test_hostile_text_in_a_file_does_not_reach_the_message(tmp_path: Path) -> None:
    (tmp_path / "evil.toml").write_text(WHOLE + '"\\u001b]52;c;AAAA\\u0007" = "red"\n')
    failure = load_themes([tmp_path]).failures[0]
    assert "\x1b" not in failure.message
    assert "\x07" not in failure.message


def test_the_users_folder_follows_the_xdg_rules() -> None:
    assert user_folder({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}) == Path("/c/vedette/themes")
    assert user_folder({"HOME": "/h"}) == Path("/h/.config/vedette/themes")


# -- choice


@pytest.mark.parametrize(
    ("environ", "wanted", "name"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "", "mono"),
        ({"NO_COLOR": "", "COLORTERM": "truecolor", "TERM": "xterm-256color"}, "", "dark"),
        ({"NO_COLOR": "1"}, "light", "light"),
        ({"VEDETTE_THEME": "light", "NO_COLOR": "1"}, "", "light"),
        ({"VEDETTE_THEME": "light"}, "dark", "dark"),
        ({"TERM": "dumb"}, "", "mono"),
        ({"TERM": "xterm-256color"}, "", "ansi-16"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "", "ansi-16"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "", "ansi-16"),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor"}, "", "ansi-16"),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor"}, "", "dark"),
        ({"TERM": "xterm-kitty", "COLORTERM": "24bit"}, "", "dark"),
        ({}, "", "ansi-16"),
    ],
)
def test_the_terminal_chooses_the_theme_unless_a_person_does(environ: dict[str, str], wanted: str, name: str) -> None:
    assert choose(environ, wanted) == name


# -- glyphs


def test_ascii_glyphs_are_ascii() -> None:
    plain = GLYPHS["ascii"]
    assert all(str(getattr(plain, name)).isascii() for name in plain.__slots__)
    assert SKINS["dark"].glyph_set(ascii_only=True) is plain
    assert not SKINS["dark"].glyph_set(ascii_only=False).plain


# -- live reload


def test_a_saved_theme_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WHOLE.replace('name = "dark"', 'name = "mine"'))
    seen = threading.Event()
    watch = ThemeWatch([tmp_path, tmp_path / "none"], seen.set)
    assert watch.start() == ""
    try:
        path.write_text(WHOLE.replace('name = "dark"', 'name = "mine"').replace("#86C296", "#FFFFFF"))
        assert seen.wait(20)
    finally:
        watch.stop()
    assert load_themes([tmp_path]).skins["mine"].roles["up"] == Style.parse("#FFFFFF")


@pytest.mark.parametrize("act", ["rename over", "remove", "create"])
def test_renamed_removed_and_new_files_are_noticed(tmp_path: Path, act: str) -> None:
    path, other = tmp_path / "mine.toml", tmp_path / "mine.toml.swp"
    path.write_text(WHOLE)
    other.write_text(WHOLE)
    seen = threading.Event()
    watch = ThemeWatch([tmp_path], seen.set)
    watch.start()
    try:
        if act == "rename over":
            other.replace(path)
        elif act == "remove":
            path.unlink()
        else:
            (tmp_path / "new.toml").write_text(WHOLE)
        assert seen.wait(20)
    finally:
        watch.stop()


def test_stopping_twice_or_before_starting_is_harmless(tmp_path: Path) -> None:
    watch = ThemeWatch([tmp_path], lambda: None)
    before = threading.active_count()
    watch.stop()
    watch.start()
    assert threading.active_count() > before
    watch.stop()
    watch.stop()
    assert threading.active_count() == before


def test_a_system_without_watches_left_is_told_and_not_fatal(tmp_path: Path) -> None:
    program = """
import contextlib, os, resource, sys, watchdog.events, watchdog.observers
from pathlib import Path
from tui.theme import ThemeWatch
watch = ThemeWatch([Path(sys.argv[1])], print)
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 4096))
with contextlib.suppress(OSError):
    while True:
        os.open("/dev/null", os.O_RDONLY)
said = watch.start()
watch.stop()
print(said)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("themes are not reloaded while running: ")

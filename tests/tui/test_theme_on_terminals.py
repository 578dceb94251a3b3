"""Themes on real terminals: mono sends no colour, ansi-16 only the sixteen, and a saved file changes what runs."""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest
from textual.app import App

from tests.tui.dressed import Dressed
from tui.theme import ThemeWatch, load_themes, read_theme, shipped_folder

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
ROOT = Path(__file__).parents[2]
SKINS = load_themes([shipped_folder()]).skins


def painted(theme: str, **environ: str) -> bytes:
    """All that a console in this theme sends to a pseudo-terminal of 80x24."""
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM", "TMUX")}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tests.tui.dressed", theme],
        env={**clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environ},
        dimensions=(24, 80),
        timeout=60,
        cwd=str(ROOT),
    )
    sent = bytes(child.read())
    child.close()
    assert child.exitstatus == 0, sent[-400:]
    return sent


def colours(sent: bytes) -> set[str]:
    """The kinds of colour among all SGR sequences: `16`, `256`, `24-bit`."""
    found = set()
    for match in SGR.finditer(sent):
        codes = [int(code or 0) for code in re.split(rb"[;:]", match[1])]
        at = 0
        while at < len(codes):
            code = codes[at]
            if code in (38, 48):
                found.add("24-bit" if codes[at + 1] == 2 else "256")
                at += 5 if codes[at + 1] == 2 else 3
                continue
            if code in (*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)):
                found.add("16")
            at += 1
    return found


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}])
def test_mono_sends_no_colour_at_all(environ: dict[str, str]) -> None:
    assert colours(painted("mono", **environ)) == set()


def test_ansi_16_sends_only_the_sixteen() -> None:
    assert colours(painted("ansi-16")) == {"16"}


def test_a_full_theme_sends_its_colours() -> None:
    assert "24-bit" in colours(painted("dark"))


@pytest.mark.parametrize("name", SKINS)
async def test_every_theme_can_be_worn(name: str) -> None:
    app = Dressed(SKINS[name])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.current_theme.name == name
        assert "<svg" in app.export_screenshot()


@pytest.mark.parametrize("name", ["ansi-16", "mono"])
async def test_a_theme_of_the_terminals_colours_needs_no_variables(name: str) -> None:
    text = (shipped_folder() / f"{name}.toml").read_text().partition("[variables]")[0]
    app = Dressed(read_theme(text, Path("mine.toml")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        assert "<svg" in app.export_screenshot()


class Live(App[None]):
    """Takes themes of a folder whenever one is saved there, as the console does."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.taken = threading.Event()
        self.themes = ThemeWatch([folder], lambda: self.call_from_thread(self.take))

    def on_mount(self) -> None:
        self.take()
        self.taken.clear()
        self.themes.start()

    def on_unmount(self) -> None:
        self.themes.stop()

    def take(self) -> None:
        skin = load_themes([self.folder]).skins.get("mine")
        if skin is not None:
            self.register_theme(skin.textual_theme())
            self.theme = "mine"
            self.refresh_css(animate=False)
            self.taken.set()


async def test_saving_a_theme_changes_a_running_console(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = (shipped_folder() / "dark.toml").read_text().replace('name = "dark"', 'name = "mine"')
    path.write_text(text)
    app = Live(tmp_path)
    async with app.run_test() as pilot:
        path.with_suffix(".new").write_text(text.replace("#0F141A", "#102030"))
        path.with_suffix(".new").replace(path)
        for _ in range(400):
            await pilot.pause(0.05)
            if app.taken.is_set() and app.theme_variables["background"] == "#102030":
                break
        assert app.theme_variables["background"] == "#102030"

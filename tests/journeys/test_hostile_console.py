"""Hostile words in everything that a console can show: no byte of theirs steers the terminal it is shown on.

A world of harmless words says which sequences are ours; the same world of hostile words, walked through with the same
keys, may send no other.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pexpect
import psutil
import pytest

from core.operations import EngineOperations, served
from core.store.lease import acquire
from core.store.open import open_store
from core.text import safe
from tests.journeys.foreign import Say, TalkativeWorks, fill, harmless, hostile, themes
from tests.journeys.test_hostile import WORST, check_cells, check_harmless, check_inert
from tests.tui.test_app_journey import Terminal
from tui.keys import COMMANDS
from tui.theme import shipped_folder

SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: ECMA-48, 5.4
    r"|\x1b[\]P^_X][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, PM, APC, SOS with their strings
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x1f\x7f-\x9f]"
)
# What our themes make of a style, ECMA-48 8.3.117: bold, dim, italic, underlined, reversed, each on or off, and colours
# of 24 bits or the terminal's own; only what changes is sent.
OURS = re.compile(r"\x1b\[(?:(?:0|[12347]|2[23457]|[34]9|[34]8;2;\d+;\d+;\d+)(?:;(?!m)|(?=m)))+m")
COPY = "\x1b]52;c;"
# Escape as the kitty protocol has it: a lone one and the key after it are another key where both are read at once.
ESC, TAB, ENTER, DOWN, PAGE_DOWN = "\x1b[27u", "\t", "\r", "\x1b[B", "\x1b[6~"
CTRL = {letter: chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"}
PASTED = "\x1b[200~{}\x1b[201~"
# What a bracketed paste can carry of them: it ends at its own end.
PASTES = tuple(each.replace("\x1b[201~", "") for each in WORST)
FORMATS = ("svg", "txt", "html", "csv")


@dataclass
class Hand:
    """Somebody at the keys, who waits until the screen stands still."""

    terminal: Terminal
    pastes: Iterator[str]

    def settle(self, patience: float = 0.05) -> None:
        """Nothing comes any more because the console waits for a key, and not for its turn on a busy machine."""
        while True:
            try:
                self.terminal.raw += self.terminal.child.read_nonblocking(65536, patience)
            except pexpect.TIMEOUT:
                if self._rests():
                    return
            except pexpect.EOF:
                return

    def _rests(self) -> bool:
        try:
            state = psutil.Process(self.terminal.child.pid).status()
        except psutil.NoSuchProcess:
            return True
        return state not in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)

    def press(self, *keys: str) -> None:
        for key in keys:
            assert self.terminal.child.isalive(), self.terminal.raw[-3000:]
            self.terminal.child.send(key)
            self.settle()

    def paste(self) -> None:
        self.press(PASTED.format(next(self.pastes)))

    def until(self, holds: Callable[[str], bool], what: str, key: str = "") -> str:
        return self.terminal.until(holds, what, key)


# -- the walk


def moves(hand: Hand) -> None:
    """About a list, and everything that can be asked of it."""
    hand.press("jjk" + CTRL["d"] + CTRL["u"] + "Gg", "j " + "\0" + "\\", ">>|<", "ww", "nN", "y", "Y")
    hand.press("C", ESC, "f", ESC, "=", ESC, CTRL["o"], "s", "zz", "Z", "..")


def details(hand: Hand) -> None:
    """All tabs, and what the cursor stands on, opened; back, and forth again."""
    hand.press(*"]]]]]", "j", ENTER, "j" + TAB, "y", ESC, "`", "{", "}")


def asked(hand: Hand) -> None:
    """Every question over a list, left again or answered."""
    hand.press("v", ESC, "v", "n", "A")
    hand.paste()
    hand.press(ENTER, "R")
    hand.paste()
    hand.press(ENTER, "a", "r", "d", "u", "X", "n", ESC)


def filtered(hand: Hand) -> None:
    """Completed with foreign words, wrong, pasted, saved as a view, left."""
    hand.press("/", "owner:" + TAB, TAB, ENTER, "/", CTRL["u"] + "/(/ ", CTRL["u"] + "tag:", TAB, CTRL["u"])
    hand.paste()
    hand.press(ENTER, "/", CTRL["s"], ESC, ESC, ESC)


def looked_at(hand: Hand) -> None:
    """Every mode with its list, its tabs, its details, its help."""
    for mode in "12346":
        hand.press(mode)
        if mode in "134":
            moves(hand)
        details(hand)
        if mode in "34":
            asked(hand)
        if mode in "234":
            filtered(hand)
        hand.press("?", TAB, ESC)


def sites_looked_at(hand: Hand) -> None:
    """All tabs of a site, its chart and its past; paused, opened, removed - or not."""
    hand.press("2", "g", "j", ENTER)
    for _ in range(9):
        hand.press("]", "jGy")
    hand.press("]", "+-HLoM\x1b[D\x1b[C0", ESC, "p", "r", "X", "n", ESC)


def pasted_into_all(hand: Hand, fields: int) -> None:
    for _ in range(fields):
        hand.press(PASTED.format(next(hand.pastes)) + DOWN)


def forms_filled(hand: Hand) -> None:
    """Every field pasted into, looked at once, refused, and left; then one edited."""
    hand.press("2", "+")
    pasted_into_all(hand, 14)
    hand.press(CTRL["s"], CTRL["t"], ESC, ESC, "+", "http://127.0.0.1:9/", CTRL["t"], PAGE_DOWN, ESC, ESC)
    hand.press("g", "e", DOWN, "x", ESC, ESC)
    for screen in ("rules", "channels", "secrets"):
        hand.press(":", screen + ENTER, "jy", "+")
        pasted_into_all(hand, 4)
        hand.press(CTRL["s"], ESC, ESC, "e", ESC, ESC, "r", "X", ESC, ESC)


def everything_asked(hand: Hand) -> None:
    """Palette, help and its search, themes, and every command that takes words: completed, and with unknown ones."""
    hand.press(CTRL["p"], "a")
    hand.paste()
    hand.press(ESC, "?", "/")
    hand.paste()
    hand.press(ENTER, ESC, ESC, "T", "T")
    for name in sorted(name for name, act in COMMANDS.items() if act.arguments and name not in ("export", "add")):
        hand.press(":", f"{name} {TAB}", f"{CTRL['u']}{name} {PASTED.format(next(hand.pastes))}{ENTER}", ESC)
    hand.press(ESC, ":", "theme dark" + ENTER)


def exported(hand: Hand, folder: Path) -> None:
    """The list of sites and that of alerts in each format; then under a name that somebody pasted."""
    for mode in "24":
        for form in FORMATS:
            hand.press(mode, "x", CTRL["a"] + CTRL["k"] + f"{folder / mode}.{form}", ENTER)
    hand.press("x", CTRL["a"] + CTRL["k"])
    hand.paste()
    hand.press(ENTER, ESC, ESC)


def walked(terminal: Terminal, pastes: Sequence[str], folder: Path) -> Terminal:
    hand = Hand(terminal, itertools.cycle(pastes))
    hand.until(lambda shown: "attached" in shown and "reading" not in shown, "a console with what is known")
    looked_at(hand)
    sites_looked_at(hand)
    forms_filled(hand)
    everything_asked(hand)
    exported(hand, folder)
    left(hand)
    return terminal


def left(hand: Hand) -> None:
    """Out of everything that may still be open, until the console takes the key and goes."""
    child = hand.terminal.child
    for _ in range(60):
        if child.isalive():
            child.send(ESC)
            hand.settle()
            child.send("q")
            hand.settle(0.5)
    assert hand.terminal.left() == 0, hand.terminal.raw[-3000:]


async def world(folder: Path, say: Say, pastes: Sequence[str], size: tuple[int, int]) -> str:
    """All that a console sends to its terminal while somebody walks through a filled data directory."""
    data = folder / "data"
    (folder / "exports").mkdir(parents=True)
    (folder / "vedette.toml").touch()
    themes(folder / "XDG_CONFIG_HOME" / "vedette" / "themes", shipped_folder(), say)
    store = await open_store(data, writable=True)
    lease = acquire(data)
    try:
        await fill(store, say)
        async with served(data, EngineOperations(store.ledger, store.reader, TalkativeWorks(say))):
            terminal = Terminal(data, folder / "vedette.toml", size=size)
            terminal.child.delaybeforesend = None
            return (await asyncio.to_thread(walked, terminal, pastes, folder / "exports")).raw
    finally:
        lease.release()
        await store.close()


# -- what was sent


def shape(sequence: str) -> str:
    """A sequence without what differs from one to the next of its kind: places, colours, what is copied."""
    if sequence.startswith(COPY):
        return COPY
    if OURS.fullmatch(sequence):
        return "style"
    if sequence.startswith("\x1b[") and sequence.endswith("H"):
        return re.sub(r"\d+", "#", sequence)
    return sequence


def shapes(raw: str) -> set[str]:
    return {shape(each) for each in SEQUENCE.findall(raw)}


def check_words(raw: str) -> None:
    """Between the sequences there is only text that is its own safe form."""
    for character in set(SEQUENCE.sub("", raw)):
        mark = unicodedata.category(character).startswith("M")
        assert mark or safe(character) == character, f"U+{ord(character):04X} was sent"


def check_copies(raw: str) -> int:
    """What went to the clipboard is whole, in base64, and harmless to paste; how often it did."""
    copies = [each for each in SEQUENCE.findall(raw) if each.startswith(COPY)]
    for each in copies:
        assert each.endswith("\x07")
        text = base64.b64decode(each[len(COPY) : -1], validate=True).decode()
        assert safe(text, len(text) + 1, keep_newlines=True) == text
        check_harmless(text, "copied")
    return len(copies)


def check_exports(folder: Path) -> None:
    found = sorted(folder.iterdir())
    assert {path.suffix.removeprefix(".") for path in found} >= {*FORMATS}
    for path in found:
        text = path.read_text("utf-8")
        check_harmless(text.replace("\r\n", "\n"), path.name)
        match path.suffix:
            case ".svg":
                check_picture(text, path.name)
            case ".html":
                check_inert(text, path.name)
            case ".csv":
                check_cells(text, path.name)


def check_picture(text: str, where: str) -> None:
    """A picture in which nothing runs and which fetches nothing."""
    for each in ET.fromstring(text).iter():
        tag = each.tag.rpartition("}")[2]
        assert tag not in ("script", "foreignObject", "image", "a", "use", "iframe"), f"{where}: <{tag}>"
        assert not [name for name in each.attrib if name.lower().startswith("on") or "href" in name], where
        assert tag != "style" or "//" not in (each.text or ""), f"{where} fetches something"


@pytest.fixture
def nothing_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing opens a browser, an editor does nothing."""
    for name, value in {"BROWSER": "true", "EDITOR": "true", "VISUAL": "true"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.shared_data
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("nothing_opens")
async def test_hostile_words_send_nothing_that_harmless_ones_do_not(tmp_path: Path, shared_data: Path) -> None:
    kind, evil, wide = await asyncio.gather(
        world(tmp_path / "kind", harmless(), ["paste"], (80, 24)),
        world(tmp_path / "evil", hostile(shared_data), PASTES, (80, 24)),
        world(tmp_path / "wide", hostile(shared_data), PASTES, (200, 60)),
    )
    for raw, folder in ((evil, tmp_path / "evil"), (wide, tmp_path / "wide")):
        assert shapes(raw) <= shapes(kind)
        check_words(raw)
        assert check_copies(raw)
        assert raw.count("\u241b") > 200, "the words came through at all"
        check_exports(folder / "exports")
        check_harmless((folder / "XDG_STATE_HOME" / "vedette" / "clip.txt").read_text("utf-8"), "clip.txt")

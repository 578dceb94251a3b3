"""From the forms of a real terminal to a real site, a real rule and a real receiver, by an engine of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.farm.world import Farm, farm, items, receiver, settings
from tests.tui.test_app_journey import AFTER, BEFORE, SHOP, Terminal

ANOTHER = "news.test"
SAVE, TEST, TAB, LEFT, RIGHT = "\x13", "\x14", "\t", "\x1b[D", "\x1b[C"
EDITED = """
[[rule]]
name = "Any"
when = "severity>=high"
"""


def at(terminal: Terminal, label: str) -> None:
    """Go down until the cursor is in a field; what is typed before it is there would go to another."""
    for _ in range(20):
        if f">{label}" in terminal.until(lambda shown: ">" in shown, "a field with the cursor"):
            return
        before = _marked(terminal.take())
        terminal.child.send(TAB)
        terminal.until(lambda shown, before=before: _marked(shown) != before, "the next field")
    raise AssertionError(f"no field {label}")


def _marked(shown: str) -> str:
    return next((line[:12] for line in shown.splitlines() if line.startswith(">")), "")


def fill(terminal: Terminal, **texts: str) -> None:
    for label, text in texts.items():
        at(terminal, label)
        terminal.child.send(text)
        if not text.startswith("\x1b"):
            terminal.until(lambda shown, text=text: text in shown, f"{text} in its field")


def command(terminal: Terminal, line: str, holds: str) -> None:
    terminal.child.send(":")
    terminal.until(lambda shown: "ack  add" in shown, "the line for commands")
    terminal.child.send(f"{line}\r")
    terminal.until(lambda shown: holds in shown, f"the screen of :{line}")


def delivered(log: Path, event: str) -> list[dict[str, Any]]:
    return [each for each in map(json.loads, log.read_text().splitlines()) if each["event"] == event]


@pytest.mark.timeout(300)
def test_what_the_command_line_can_do_the_forms_can_do_too(tmp_path: Path) -> None:
    log = tmp_path / "hook.log"
    with farm(tmp_path / "farm") as sites, receiver(log) as hook:
        sites.steer({"host": SHOP, "body": BEFORE}, {"host": ANOTHER, "body": BEFORE})
        config = tmp_path / "vedette.toml"
        config.write_text(_settings(sites))
        terminal = Terminal(tmp_path / "data", config, size=(120, 40))
        terminal.until(lambda shown: "engine here" in shown and "1 up" in shown, "the header with its verdict")
        _add_a_site(terminal, tmp_path / "data")
        _make_a_channel(terminal, hook, log)
        _make_a_rule(terminal, sites, log)
        terminal.child.send("q")
        terminal.until(lambda shown: "stop watching" in shown, "the question what becomes of the watch")
        terminal.child.send("s")
        assert terminal.left() == 0
    actions = {each["action"] for each in items(tmp_path / "data", "audit")}
    assert {"target.try", "target.add", "channel.try"} <= actions


def _settings(sites: Farm) -> str:
    """The farm's settings with one site watched, and another that can be reached."""
    whole = settings(sites, [SHOP, ANOTHER], "2s").replace("workers = 2", "workers = 1")
    head, shop, _ = whole.split("[[target]]")
    return f"{head}[[target]]{shop}"


def _add_a_site(terminal: Terminal, data: Path) -> None:
    command(terminal, f"add {ANOTHER}", "New site")
    fill(terminal, name="News", every="2s")
    terminal.child.send(TEST)
    found = ("answer", "200", "Harbour shop", "first byte", "certificate", "days left", "security")
    terminal.until(lambda shown: all(word in shown for word in found), f"what the test found: {found}")
    assert [each["name"] for each in items(data, "targets")] == [SHOP], "a test stores nothing"
    terminal.child.send(SAVE)
    terminal.until(lambda shown: "2 up" in shown, "the new site among those that are up")


def _make_a_channel(terminal: Terminal, hook: str, log: Path) -> None:
    command(terminal, "channels", "Channels 0")
    terminal.child.send("+")
    terminal.until(lambda shown: "New channel" in shown, "the form of a channel")
    fill(terminal, name="hook", type=LEFT)
    terminal.until(lambda shown: "(•) webhook" in shown, "the fields of a webhook")
    fill(terminal, url=f"{hook}/", private=RIGHT)
    terminal.until(lambda shown: "(•) yes" in shown, "leave for a loopback address")
    terminal.child.send(SAVE)
    terminal.until(lambda shown: "Channels 1" in shown, "the channel in the list")
    terminal.child.send("r")
    terminal.until(lambda shown: "received" in shown or "200" in shown, "the receiver's answer")
    assert len(delivered(log, "drill")) == 1
    terminal.child.send("\x1b")
    terminal.until(lambda shown: "Needs you" in shown, "what was there before")


def _make_a_rule(terminal: Terminal, sites: Farm, log: Path) -> None:
    sites.steer({"host": ANOTHER, "body": AFTER})
    terminal.child.send("3")
    terminal.until(lambda shown: "title" in shown, "the change")
    command(terminal, "rules", "Rules 0")
    terminal.child.send("+")
    terminal.until(lambda shown: "New rule" in shown, "the form of a rule")
    fill(terminal, name="Titles", when="type:content.title_changed")
    terminal.until(lambda shown: "1 of" in shown, "what the rule would have matched")
    terminal.child.send(SAVE)
    terminal.until(lambda shown: "Rules 1" in shown, "the rule in the list")
    sites.steer({"host": ANOTHER, "body": BEFORE.replace("Harbour shop", "Harbour office")})
    _until(lambda: delivered(log, "alert.firing"), "the alert of the rule")
    told = delivered(log, "alert.firing")[0]
    assert json.loads(told["body"])["alert"]["rule"] == "Titles"


def _until(holds: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


@pytest.mark.timeout(200)
def test_what_the_file_declares_is_edited_there_and_checked(tmp_path: Path) -> None:
    editor = tmp_path / "nano"
    editor.write_text(f"#!{sys.executable}\nimport sys\nat, path = sys.argv[1:]\nlines = open(path).read()\n"
                      f"open(path, 'w').write(lines.replace('every = \"2s\"', 'every = \"3s\"') + {EDITED!r})\n"
                      f"open({str(tmp_path / 'called')!r}, 'w').write(at)\n")  # fmt: skip
    editor.chmod(0o755)
    with farm(tmp_path / "farm") as sites:
        sites.steer({"host": SHOP, "body": BEFORE})
        config = tmp_path / "vedette.toml"
        config.write_text(_settings(sites))
        terminal = Terminal(tmp_path / "data", config, size=(120, 40), environ={"EDITOR": str(editor)})
        terminal.until(lambda shown: "engine here" in shown and "1 up" in shown, "the header with its verdict")
        terminal.child.send("2")
        terminal.until(lambda shown: "[2 Sites]" in shown and f"● up     {SHOP}" in shown, "the site in the list")
        terminal.child.send("e")
        terminal.until(lambda shown: "vedette.toml: 0 errors" in shown, "what check-config says")
        line = int((tmp_path / "called").read_text().removeprefix("+"))
        assert SHOP in config.read_text().splitlines()[line - 1]
        terminal.child.send("q")
        terminal.until(lambda shown: "stop watching" in shown, "the question what becomes of the watch")
        terminal.child.send("s")
        assert terminal.left() == 0

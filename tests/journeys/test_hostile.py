"""Ten thousand hostile strings from real sites - page, headers, cookies, certificate - to every place that shows them.

Nothing of theirs may steer a terminal, run in a page or a mail, or start a formula.
"""

from __future__ import annotations

import csv
import html
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.farm import world
from tests.journeys.cases import page
from tests.journeys.stage import SECRETS, Stage, stage

HOSTS = tuple(f"hostile{number}.test" for number in range(4))
CLIPBOARD = "\x1b]52;c;ZXZpbA==\x07"
WORST = (
    CLIPBOARD,
    "\x1b[2J\x1b[H\x1b]0;owned\x07",
    "\x9b31mred\x9d8;;https://evil.test\x9c",
    "\x1bPq#0;2;0;0;0\x1b\\",
    "\u202egnp.exe\u2066\u2069",
    "line one\r\nBcc: everybody@evil.test\r\n\r\nline two",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for _ in range(9**9) %}x{% endfor %}",
    "[@click=app.bell]press[/]",
    "[bold]loud[/bold] [/]",
    "\x00nul\x08\x08\x08back",
    "\u2028\u2029\ufeff\u200b\u00ad",
    "Z\u0335\u0321\u0322\u0327\u0328\u0316\u0317\u0318\u0319algo",
    "<!channel> <@U123|you> *bold* <https://evil.test|click>",
)
WRAPS = ("{}", "a{}", "{}b", "{0}{0}", ' "{}"', "'{}'", "<b>{}</b>", "-{}", "={}", "@{}", "{{{{{}}}}}", "[{}]")
MORE_WRAPS = (
    "\x1b[1m{}",
    "{}\x1b]0;t\x07",
    "\x9b2J{}",
    "\u202e{}",
    "{}\u2066",
    "/{}/",
    "%{}%",
    "${{{}}}",
    "\r{}",
    "\x7f{}",
)
SHOWN_ELEMENTS = frozenset(
    {"script", "iframe", "object", "embed", "img", "svg", "form", "input", "base", "link", "video"}
)


def strings(shared: Path) -> list[str]:
    """Naughty strings and terminal streams in many wrappings."""
    naughty = json.loads((shared / "hostile/blns/blns.json").read_text("utf-8"))
    streams = [path.read_bytes().decode("latin-1") for path in sorted((shared / "hostile/terminal").rglob("*.in"))]
    lines = [line[:120] for stream in streams for line in stream.split("\n")[:4] if line]
    raw = [*WORST, *naughty, *lines]
    made = [wrap.format(text) for wrap in (*WRAPS, *MORE_WRAPS) for text in raw if text]
    return [text.encode("utf-8", "ignore").decode() for text in made]


def element(number: int, text: str) -> str:
    """One string where a page can carry one."""
    word = html.escape(text)
    forms = (
        f"<p>{word}</p>",
        f"<h2>{word}</h2>",
        f'<a href="/{word}">{word}</a>',
        f'<img src="/{word}.png" alt="{word}">',
        f'<meta name="m{number}" content="{word}">',
        f'<link rel="stylesheet" href="/{word}.css">',
        f'<script src="/{word}.js"></script>',
        f'<form action="/{word}"><input name="{word}"></form>',
    )
    return forms[number % len(forms)] if number % 3 else forms[0]


def hostile(host: str, carried: Sequence[str]) -> dict[str, Any]:
    """A site of which everything is hostile."""
    head = f"<title>{html.escape(' '.join(WORST))}</title>"
    body = "".join(element(number, text) for number, text in enumerate(carried))
    line = re.sub(r"[\r\n\x00]", " ", " ".join(WORST)).encode("latin-1", "ignore").decode("latin-1")
    return {
        "host": host,
        "body": f"<!doctype html><html lang=en>{head}{body}</html>",
        "headers": [["Server", line], ["X-Powered-By", line], ["Set-Cookie", f"{CLIPBOARD[1:7]}=1; path=/{line}"]],
        "names": [f"{CLIPBOARD}<script>=1+1", host],
    }


@pytest.fixture
def told_of(tmp_path: Path, shared_data: Path) -> Iterator[tuple[Stage, Path]]:
    """The stage after the sites became hostile and everybody was told; the engine still runs."""
    carried = strings(shared_data)
    assert len(carried) >= 10_000
    with stage(tmp_path) as made:
        made.farm.steer(*({"host": host, "body": page()} for host in HOSTS))
        targets = "\n".join(f'[[target]]\nname = "{host}"\nurl = "{made.url(host)}"\nevery = "2s"\n' for host in HOSTS)
        config = made.settings(targets)
        with made.watching(config):
            world.eventually(lambda: all(made.looks().values()), "every site was looked at")
            made.farm.steer(*(hostile(host, carried[number :: len(HOSTS)]) for number, host in enumerate(HOSTS)))
            made.after_looks(4)
            world.eventually(lambda: made.items("changes") and made.mails() and made.told(), "somebody was told")
            yield made, config


def on_terminal(made: Stage, config: Path, *arguments: str) -> str:
    """What a command writes to a real terminal of 120 columns."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tui", *arguments, "--data", str(made.data), "--config", str(config)]
    env = {**os.environ, **SECRETS, "COLUMNS": "120", "TERM": "xterm-256color"}
    process = subprocess.Popen(command, cwd=world.ROOT, env=env, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], world.PATIENCE)[0]:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # the terminal's other side was closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    _, complaint = process.communicate(timeout=world.PATIENCE)
    assert process.returncode in (0, 1), complaint.decode()
    check_harmless(complaint.decode(), "stderr of " + " ".join(arguments))
    return written.decode("utf-8").replace("\r\n", "\n")


def check_harmless(text: str, where: str) -> None:
    """No character in it that steers instead of showing."""
    steering = {c for c in set(text) - {"\n"} if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert not steering, f"{where}: {sorted(map(hex, map(ord, steering)))}"


def check_harmless_json(value: object, where: str) -> None:
    """The same for every text in a document."""
    if isinstance(value, str):
        check_harmless(value, where)
    elif isinstance(value, dict):
        for key, each in value.items():
            check_harmless_json(key, where)
            check_harmless_json(each, where)
    elif isinstance(value, list):
        for each in value:
            check_harmless_json(each, where)


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def check_inert(text: str, where: str) -> None:
    """A page in which nothing runs and nothing is fetched."""
    check_harmless(text.replace("\r\n", "\n"), where)
    for tag, attributes in Elements(text).found:
        assert tag not in SHOWN_ELEMENTS, f"{where}: <{tag}>"
        for name, value in attributes:
            assert not name.startswith("on"), f"{where}: <{tag} {name}>"
            assert "javascript:" not in (value or "").lower() or name not in ("href", "src"), f"{where}: {value}"


def check_cells(text: str, where: str) -> None:
    """A table in which no cell is a formula."""
    check_harmless(text.replace("\r\n", "\n"), where)
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) > 1, where
    for cell in (cell for row in rows for cell in row):
        starts = cell.lstrip()[:1]
        assert not starts or starts not in "=+-@", f"{where}: {cell[:40]!r}"


@pytest.mark.shared_data
@pytest.mark.timeout(300)
def test_hostile_strings_of_real_sites_are_text_everywhere(told_of: tuple[Stage, Path], tmp_path: Path) -> None:
    made, config = told_of
    changes = made.items("changes")
    alerts = made.items("alerts")
    named = [
        *[change["id"] for change in changes[:15]],
        *[alert["id"] for alert in alerts[:6]],
        *[each["id"] for each in made.items("deliveries")[:3]],
    ]
    commands = [
        *[("scan", made.url(host)) for host in HOSTS],
        *[("show", host) for host in HOSTS],
        *[("why-not", host) for host in HOSTS[:1]],
        *[("show", each) for each in named],
        *[("why", each) for each in named if each[0] in "CA"][:20],
        ("diff", HOSTS[0], HOSTS[1]),
        ("diff", "--all", HOSTS[2], HOSTS[3]),
        *[("ls", what) for what in ("targets", "changes", "alerts", "jobs", "deliveries", "technologies", "audit")],
        ("config", "revisions"),
        ("status",),
    ]
    pictured = 0
    for command in commands:
        shown = on_terminal(made, config, *command)
        check_harmless(shown, " ".join(command))
        pictured += shown.count("\u241b")
    assert pictured > 100, "the strings came through at all"
    for command in (("scan", made.url(HOSTS[0])), ("diff", HOSTS[0], HOSTS[1]), ("show", HOSTS[0]), ("ls", "changes")):
        shown = on_terminal(made, config, *command, "-o", "json")
        check_harmless(shown, " ".join(command))
        check_harmless_json(json.loads(shown), " ".join(command))
    for what in ("targets", "changes", "alerts", "deliveries"):
        check_cells(on_terminal(made, config, "ls", what, "-o", "csv"), what)

    for suffix in ("html", "md", "csv", "json"):
        out = tmp_path / f"report.{suffix}"
        on_terminal(made, config, "report", "daily", "--out", str(out))
        written = out.read_text("utf-8")
        check_harmless(written, str(out))
        assert "\u241b" in written or "\\u241b" in written
    check_inert((tmp_path / "report.html").read_text("utf-8"), "report.html")
    check_cells((tmp_path / "report.csv").read_text("utf-8"), "report.csv")
    assert not re.search(r"<(script|img)", (tmp_path / "report.md").read_text("utf-8"))
    check_harmless_json(json.loads((tmp_path / "report.json").read_text("utf-8")), "report.json")

    for mail in made.mails():
        assert mail["To"] == "ops@watch.test"
        assert mail["Bcc"] is None
        check_harmless(mail["Subject"], "subject")
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            check_harmless(part.get_content().replace("\r\n", "\n"), f"mail, {kind}")
            if kind == "html":
                check_inert(part.get_content(), "mail")
    for post in made.told():
        check_harmless(post["body"], "webhook")
        check_harmless_json(json.loads(post["body"]), "webhook")
    for log in (made.data / "logs").iterdir():
        check_harmless(log.read_text("utf-8"), log.name)

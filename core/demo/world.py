"""The demo's world for as long as a block runs: its process, its folder, and settings under which an engine watches it.

The folder is private to the user and goes twice over: the world's process removes it when it ends, which it does when
this one ends in whatever way, and the block removes what an engine wrote meanwhile.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.demo.authority import CA_FILE
from core.demo.server import LOOPBACK
from core.demo.sites import HOOK_HOST, MAIL_HOST, SITES, Site
from core.errors import VedetteError
from core.model.alert import Rule
from core.model.target import Schedule, Target
from core.settings.values import ChannelSettings, FetchSettings, Settings
from core.settings.write import export_toml

MAIL, HOOK = "mail", "hook"
CHANNELS = (MAIL, HOOK)
RULES = (
    Rule("Urgent", "severity>=high", notify=CHANNELS),
    Rule("Deploys", "type:technology.version_changed", notify=CHANNELS),
)
SLOWER_MATTERS = "docs"
_PATIENCE = 5.0
_END: dict[str, Any] = {"event": "end"}

Lines = queue.SimpleQueue[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class World:
    """Where the demo's engine keeps its data and finds its settings, and what its world says."""

    data: Path
    settings: Path
    lines: Lines

    def heard(self) -> list[dict[str, Any]]:
        """What the world said since this was last asked, as core.demo.server says it.

        VedetteError when its process has ended: there is nothing left to watch.
        """
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self.lines.get_nowait())
        if found and found[-1] == _END:
            raise VedetteError("the demo's world ended before the demo did")
        return found


@contextmanager
def opened() -> Iterator[World]:
    """A world that is served; VedetteError where it cannot be."""
    folder = Path(tempfile.mkdtemp(prefix="vedette-demo-"))
    try:
        with _served(folder) as (ports, output):
            settings = folder / "vedette.toml"
            settings.write_text(export_toml(_settings(folder, ports)), encoding="utf-8")
            lines: Lines = queue.SimpleQueue()
            threading.Thread(target=_listen, args=(output, lines), name="world", daemon=True).start()
            yield World(folder / "data", settings, lines)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Mapping[str, int], IO[bytes]]]:
    """The world's process; a session of its own keeps the terminal's signals from it: its input's end is its sign."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.demo.server", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        if not first:
            raise VedetteError(f"the demo's world did not start: {_last_line(folder / 'server.log')}")
        yield json.loads(first), process.stdout
    finally:
        process.stdin.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"


def _listen(output: IO[bytes], lines: Lines) -> None:
    """Until the world's process ends."""
    with output:
        for line in output:
            lines.put(json.loads(line))
    lines.put(_END)


def _settings(folder: Path, ports: Mapping[str, int]) -> Settings:
    hosts = [(site.host, LOOPBACK, ports["port"]) for site in SITES]
    fetch = FetchSettings(
        timeout=5.0,
        domain_rate=200.0,  # all sites are of one domain
        domain_concurrency=64,
        allow=(f"{LOOPBACK}/32",),
        ca_file=str(folder / CA_FILE),
        resolve=(*hosts, (MAIL_HOST, LOOPBACK, 0), (HOOK_HOST, LOOPBACK, 0)),
    )
    return Settings(
        fetch=fetch,
        targets=tuple(map(_target, SITES)),
        channels=(_mail(ports["mail"]), _hook(ports["hook"])),
        rules=RULES,
    )


def _target(site: Site) -> Target:
    """Timings are judged at one site only: on loopback they tell of this machine, which may have other things to do."""
    thresholds = (("ttfb_ms", 1.0),) if site.name == SLOWER_MATTERS else ()
    return Target(
        name=site.name,
        url=f"https://{site.host}/",
        schedule=Schedule(every=site.every),
        owner=site.owner,
        tags=site.tags,
        thresholds=thresholds,
    )


def _mail(port: int) -> ChannelSettings:
    options: dict[str, object] = {
        "smtp_host": MAIL_HOST,
        "smtp_port": port,
        "use_tls": False,
        "from_address": f"vedette@{MAIL_HOST}",
        "recipients": (f"operators@{MAIL_HOST}",),
    }
    return ChannelSettings(MAIL, "email", tuple(options.items()), allow_private=True)


def _hook(port: int) -> ChannelSettings:
    options: dict[str, object] = {"url": f"http://{HOOK_HOST}:{port}/told"}
    return ChannelSettings(HOOK, "webhook", tuple(options.items()), allow_private=True)

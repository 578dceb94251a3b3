"""What whole-engine tests are made of: a farm, a receiver and `vedette run`, each a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@dataclass(frozen=True)
class Farm:
    """A running site farm: where it listens and how to steer it."""

    process: subprocess.Popen[bytes]
    port: int
    control: int
    ca: str

    def steer(self, *sites: dict[str, Any]) -> None:
        """Change what hosts serve, as tests/farm/server.py says."""
        url = f"http://127.0.0.1:{self.control}/"
        request = urllib.request.Request(url, json.dumps(sites).encode(), method="PUT")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            answer.read()

    def hits(self) -> dict[str, int]:
        """Requests so far, by host."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/", timeout=PATIENCE) as answer:
            counted: dict[str, int] = json.load(answer)
            return counted


@contextmanager
def farm(folder: Path, *addresses: str) -> Iterator[Farm]:
    """A farm for as long as the block runs, on 127.0.0.1 or on these loopback addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    listening = [word for address in addresses for word in ("--address", address)]
    with serving("tests.farm.server", "--folder", str(folder), *listening) as (process, told):
        yield Farm(process, told["port"], told["control"], told["ca"])


@contextmanager
def receiver(log: Path, refuse: float = 0.0, seed: int = 1) -> Iterator[str]:
    """The URL of a receiver for as long as the block runs."""
    arguments = ("--log", str(log), "--refuse", str(refuse), "--seed", str(seed))
    with serving("tests.farm.receiver", *arguments) as (_, told):
        yield f"http://127.0.0.1:{told['port']}"


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A server process of tests.farm for as long as the block runs, with what it says of itself."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def settings(served: Farm, hosts: Sequence[str], every: str, *, more: str = "", fetch: str = "") -> str:
    """A vedette.toml that watches these hosts of the farm under their own names."""
    resolve = ", ".join(f'"{host}" = "127.0.0.1:{served.port}"' for host in hosts)
    targets = "\n".join(f'[[target]]\nname = "{host}"\nurl = "https://{host}/"\nevery = "{every}"' for host in hosts)
    return f"""[engine]
workers = 2
[fetch]
allow = ["127.0.0.0/8"]
ca_file = "{served.ca}"
domain_rate = "50/s"
resolve = {{ {resolve} }}
{fetch}
{targets}
{more}
"""


@dataclass
class Running:
    """A `vedette run` process. `ready_after` is seconds from its start to its ready line, None before."""

    process: subprocess.Popen[bytes]
    started: float
    lines: list[str] = field(default_factory=list)
    ready_after: float | None = None
    ready: threading.Event = field(default_factory=threading.Event)

    def hear(self) -> None:
        """Take what it writes to standard error until it ends."""
        assert self.process.stderr is not None
        with self.process.stderr:
            for line in self.process.stderr:
                self.lines.append(line.decode("utf-8", "replace").rstrip())
                if b'"event": "ready"' in line:
                    self.ready_after = time.monotonic() - self.started
                    self.ready.set()
        self.ready.set()

    def wait_ready(self) -> float:
        """Seconds it took to be ready; AssertionError with its last words when it never was."""
        assert self.ready.wait(PATIENCE), "not ready in time"
        assert self.ready_after is not None, f"ended with {self.process.wait()}: {self.lines[-5:]}"
        return self.ready_after

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to leave and wait; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def start(data: Path, config: Path, *arguments: str, **popen: Any) -> Running:
    """`vedette run` on a data directory; `wait_ready` tells when it watches."""
    command = [sys.executable, "-m", "tui", "run", "--quiet", *arguments, "--data", str(data), "--config", str(config)]
    started = time.monotonic()
    given = {"cwd": ROOT, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, **popen}
    running = Running(subprocess.Popen(command, **given), started)
    if running.process.stderr is not None:
        threading.Thread(target=running.hear, daemon=True).start()
    return running


@contextmanager
def running(data: Path, config: Path, **popen: Any) -> Iterator[Running]:
    """`vedette run`, ready, for as long as the block runs; killed at its end when it still lives."""
    engine = start(data, config, **popen)
    try:
        engine.wait_ready()
        yield engine
    finally:
        if engine.process.poll() is None:
            engine.kill()


def vedette(data: Path, *arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One command of the command line."""
    command = [sys.executable, "-m", "tui", *arguments, "--data", str(data)]
    env = {**os.environ, **(environ or {})}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def asked(data: Path, *arguments: str) -> Any:
    """The JSON that a command prints, asked in this process.

    One of its own would cost half a second of the processor that the engine under test needs, at every question.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*arguments, "-o", "json", "--data", str(data)])
    assert code == 0, err.getvalue()
    return json.loads(out.getvalue())


def items(data: Path, what: str) -> list[dict[str, Any]]:
    """What `vedette ls WHAT -o json` shows."""
    listed: list[dict[str, Any]] = asked(data, "ls", what, "--limit", "1000000")["items"]
    return listed


def status(data: Path) -> dict[str, Any]:
    """What `vedette status -o json` shows."""
    figures: dict[str, Any] = asked(data, "status")
    return figures


def eventually(holds: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The first true answer of `holds`; AssertionError when there is none within the patience."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        if answer := holds():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")

"""What tests of the command line share: a place of one's own, and one that has watched a site that changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from tests.farm.world import ROOT, farm, receiver, settings

SHOP, DOWN, CALM = "shop.test", "down.test", "calm.test"
BEFORE = """<!doctype html><html lang=en><head><title>Harbour shop</title>
<meta name=generator content="WordPress 6.4.1"></head><body><h1>Rope and sail</h1><p>Open all day, every day.</p>
</body></html>"""
AFTER = BEFORE.replace("Harbour shop", "Harbour \x1b[31mshop").replace("6.4.1", "6.5.2")
RULES = """
[[channel]]
name = "hook"
type = "webhook"
url = "{hook}/"
allow_private = true

[[channel]]
name = "refused"
type = "webhook"
url = "http://10.0.0.1/"

[[rule]]
name = "Shop"
when = "severity>=info"
notify = ["hook", "refused"]
"""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@dataclass(frozen=True)
class Place:
    """A data directory and a settings file, and commands run on them."""

    data: Path
    config: Path
    capsys: pytest.CaptureFixture[str] | None = None

    def __call__(self, *words: str) -> Said:
        """Run a command in this process."""
        assert self.capsys is not None
        self.capsys.readouterr()
        code = main([*words, *self.options])
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    @property
    def options(self) -> tuple[str, ...]:
        config = ("--config", str(self.config)) if self.config.exists() else ()
        return ("--data", str(self.data), *config)

    def apart(self, *words: str, stdin: str = "", **environment: str) -> Said:
        """Run a command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words, *self.options],
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            env={**os.environ, **environment},
        )
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(autouse=True)
def nobody_elses_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test may see the settings, the data or the keyring of whoever runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in ("VEDETTE_DATA", "VEDETTE_CONFIG", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def vedette(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A place where nothing was ever watched; `vedette.config` is not written yet."""
    return Place(tmp_path / "data", tmp_path / "vedette.toml", capsys)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place where three sites were watched in two rounds: one changed in between, one went down."""
    folder = tmp_path_factory.mktemp("world")
    place = Place(folder / "data", folder / "vedette.toml")
    with farm(folder / "farm") as served, receiver(folder / "hook.log") as hook:
        hosts = (SHOP, DOWN, CALM)
        place.config.write_text(settings(served, hosts, "1h", more=RULES.format(hook=hook)))
        served.steer({"host": SHOP, "body": BEFORE, "headers": [["X-Frame-Options", "DENY"]]})
        assert place.apart("run", "--once", "--all").code == 0
        (folder / "between").write_text(datetime.now(UTC).isoformat())
        served.steer({"host": SHOP, "body": AFTER, "headers": []}, {"host": DOWN, "down": True})
        assert place.apart("run", "--once", "--all").code == 1
        yield place


@pytest.fixture
def watched(world: Place, capsys: pytest.CaptureFixture[str]) -> Place:
    """The watched place, for reading."""
    return Place(world.data, world.config, capsys)

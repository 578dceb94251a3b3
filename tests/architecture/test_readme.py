"""The README says what is so: its commands exist, its settings are accepted, its map has every folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from core.cli.main import COMMANDS
from core.engine.checks import checks
from core.settings.load import parse

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")


def _commands(text: str) -> list[str]:
    """Every `vedette …` in code."""
    code = re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    return [found for each in code for found in re.findall(r"vedette ([a-z][^\n#]*)", each)]


@pytest.mark.parametrize("command", _commands(README))
def test_every_command_of_the_readme_exists(command: str) -> None:
    assert shlex.split(command)[0] in COMMANDS


def test_the_settings_of_the_readme_are_accepted() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        parse(block, "README.md", checks())


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_every_path_that_is_named_exists(text: str) -> None:
    named = set(re.findall(r"`((?:core|tui|tests|\.ci|\.github|themes)/[\w./]*)`", text))
    assert named
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_map_has_every_package_of_core() -> None:
    packages = {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}
    assert {name for name in packages if f"core/{name}/" not in README} <= {"watch"}

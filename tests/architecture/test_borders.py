"""Faults of every kind are caught at the borders alone, each named here with its reason; elsewhere they pass on."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BROAD = {"Exception", "BaseException"}
BORDERS = {
    "core/cli/main.py": "the process: a fault is kept in a file and ends with 4",
    "core/engine/patrol.py": "one look of many: told apart, so that it costs no other",
    "core/engine/service.py": "the engine's thread: told to the thread that started it",
    "core/notify/outbox.py": "one delivery of many: tried again",
    "core/operations.py": "the socket: the caller gets an answer",
    "core/scan/worker.py": "one page of many: a failure of that page",
    "core/secrets.py": "a foreign keyring: why the secret is not there",
    "core/store/writer.py": "one unit of work of many: handed to whoever asked for it",
}


def caught(handler: ast.ExceptHandler) -> set[str]:
    return {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)} if handler.type else BROAD


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether the handler only clears up: its last statement raises what was caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_what_catches_everything_stands_at_a_border_or_passes_it_on() -> None:
    found = {}
    for path in sorted((*ROOT.glob("core/**/*.py"), *ROOT.glob("tui/**/*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and caught(node) & BROAD and not passes_on(node):
                found.setdefault(path.relative_to(ROOT).as_posix(), []).append(node.lineno)
    assert set(found) == set(BORDERS), found


def test_no_border_is_without_a_reason_where_it_stands() -> None:
    silent = []
    for name in BORDERS:
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1):
            if "noqa: BLE001" in line and not line.partition("noqa: BLE001")[2].strip(" -"):
                silent.append(f"{name}:{number}")
    assert silent == []

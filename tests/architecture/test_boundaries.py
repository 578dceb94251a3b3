"""Who may import whom, who may read the clock, and where SQL lives: rules, not habits."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "core").rglob("*.py"))
SCREEN = ("textual", "rich", "tui", "themes")
PACKAGES = sorted(path.parent.name for path in (ROOT / "core").glob("*/__init__.py"))

CLOCK = "core/clock.py"
_READS_TIME = re.compile(
    r"^(time\.(time|monotonic|perf_counter|time_ns|thread_time|process_time)|(datetime\.)?date(time)?\.(now|utcnow|today))$"
)


def _named(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported_then(modules: list[str]) -> set[str]:
    """The screens that a fresh interpreter has loaded after importing these modules.

    httpx loads rich for a command line of its own, where rich is installed: that module is kept out.
    """
    script = (
        f"import importlib, sys\nsys.modules['httpx._main'] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(' '.join(name for name in {SCREEN!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_imports_go_one_way() -> None:
    """The contracts of pyproject.toml, as import-linter reads them."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_of_core_loads_a_screen(package: str) -> None:
    modules = [_named(path) for path in SOURCES if path.relative_to(ROOT).parts[1] == package]
    assert _imported_then(modules) == set()


def test_core_as_a_whole_loads_no_screen() -> None:
    assert _imported_then([_named(path) for path in SOURCES]) == set()


def test_the_entry_point_loads_no_screen_for_commands() -> None:
    script = "import sys\nimport tui.__main__ as entry\nsys.argv = ['vedette', 'when', '* * * * *']\nentry.main()\n"
    script += "sys.exit(any(name in sys.modules for name in ('textual', 'rich', 'core.engine.assembly')))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr


def _calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_only_the_clock_reads_time_and_chance(path: Path) -> None:
    if path == ROOT / CLOCK:
        return
    tree = ast.parse(path.read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "random" not in imported
    assert [call for call in _calls(path) if _READS_TIME.match(call)] == []


_SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL
)


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_statements_live_in_sql_files(path: Path) -> None:
    """The store's opening may speak SQL of its own (migrations, backup); nobody else does."""
    if "store" in path.parts:
        return
    texts = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
    assert [text for text in texts if isinstance(text, str) and _SQL.search(text)] == []


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring, "a module's docstring says what it is for"
    assert docstring.splitlines()[0].rstrip()


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    for path in SOURCES:
        if path.name == "__init__.py":
            body = ast.parse(path.read_text("utf-8")).body
            assert len(body) == 1, path
            assert isinstance(body[0], ast.Expr), path


def _swallowed(path: Path) -> Iterator[str]:
    """The lines of broad handlers that do not end by raising."""
    lines = path.read_text("utf-8").splitlines()
    for node in ast.walk(ast.parse("\n".join(lines))):
        broad = isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name)
        if broad and node.type.id in ("Exception", "BaseException") and not isinstance(node.body[-1], ast.Raise):
            yield lines[node.lineno - 1]


def test_broad_excepts_stand_at_the_borders_only_each_with_its_reason() -> None:
    found = {path.relative_to(ROOT).as_posix(): line for path in SOURCES for line in _swallowed(path)}
    assert all("BLE001 - " in line for line in found.values()), found
    assert set(found) <= {
        "core/engine/patrol.py", "core/engine/service.py", "core/notify/outbox.py", "core/scan/worker.py",
        "core/operations.py", "core/secrets.py", "core/store/writer.py",
    }  # fmt: skip

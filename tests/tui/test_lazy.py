"""What the command line may read of the console does not import Textual: `vedette doctor` starts quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["tui.clipboard", "tui.doctor", "tui.keys", "tui.theme", "tui.wording"])
def test_a_module_without_a_screen_does_not_import_textual(module: str) -> None:
    program = f"import sys, {module}; print([name for name in sys.modules if name.startswith('textual')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

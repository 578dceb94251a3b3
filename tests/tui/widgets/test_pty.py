"""What reaches a real terminal: nothing that steers it but Textual's own colours, cursor and modes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pexpect
import pytest

OURS = re.compile(
    r"\x1b\[[0-9;:]*m"  # colours
    r"|\x1b\[[0-9;]*H"  # cursor
    r"|\x1b\[\?[0-9;]+(?:[hl]|\$p)"  # modes, and asking for them
    r"|\x1b\[[<>=?]?[0-9;]*u"  # keyboard protocol
    r"|\x1b\]22;\w+\x07"  # shape of the pointer
    r"|\x1b\[c|\x1b\[\?u|\x1b\[>q|\x1b\[[0-9;]*t"  # what the terminal is
)
STEERING = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.mark.shared_data
@pytest.mark.parametrize("size", [(24, 80), (60, 200)])
def test_hostile_text_in_every_widget_sends_no_byte_that_steers_the_terminal(
    size: tuple[int, int], shared_data: Path
) -> None:
    corpus = shared_data / "hostile" / "blns" / "blns.json"
    child = pexpect.spawn(
        sys.executable, ["-m", "tests.tui.widgets.hostile_screen", str(corpus)], dimensions=size, timeout=60
    )
    output = child.read().decode("utf-8")
    child.close()
    assert child.exitstatus == 0
    assert "␛" in output
    left = OURS.sub("", output)
    steering = STEERING.search(left)
    assert steering is None, repr(left[max(steering.start() - 60, 0) : steering.end() + 60])

"""The README's picture: `python -m tests.demo.picture` plays the demo, and exports the console's first screen.

It holds text, colours and nothing that a browser would fetch; the fonts are the reader's own.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from core.clock import now
from core.demo.world import opened
from core.engine.service import EngineThread
from core.model.people import Actor
from core.operations import SocketOperations
from core.view import View
from tests.tui.console_world import FixedLife
from tui.app import ConsoleApp
from tui.options import Options

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / ".github" / "overview.svg"
SIZE = (120, 30)
SECONDS = 25.0
_FONTS = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_NAMES = re.compile(r"terminal-\d+-")
_INDENTED = re.compile(r"\n\s+")
_MADE_WITH = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def tidied(picture: str) -> str:
    """Without fonts from elsewhere, comments and long names; every monospaced font will do."""
    picture = _NAMES.sub("v-", _MADE_WITH.sub("", _FONTS.sub("", picture)))
    picture = _INDENTED.sub("\n", picture)
    return picture.replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")


async def taken(seconds: float) -> str:
    """The first screen after so many seconds of the demo."""
    with opened() as world, tempfile.TemporaryDirectory() as folder:
        engine = EngineThread(world.data, world.settings, dict(os.environ))
        engine.start()
        options = Options(Actor("operator", "console"), exports=Path(folder), life=FixedLife())
        app = ConsoleApp(View(world.data), SocketOperations(world.data), now, "dark", options)
        try:
            async with app.run_test(size=SIZE) as pilot:
                await pilot.pause(seconds)
                return tidied(app.export_screenshot(title="vedette demo", simplify=True))
        finally:
            engine.ask_to_stop()
            engine.ended(5.0)


def main() -> int:
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(asyncio.run(taken(SECONDS)), "utf-8")
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

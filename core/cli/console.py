"""How commands open the console without knowing it: the entry point, which knows both, hands it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.cli.place import Place

# (place, flags such as "readonly", theme or "") -> exit code
Console = Callable[[Place, Sequence[str], str], int]
CONSOLE = "vedette.console"

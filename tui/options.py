"""What the console is told when it is opened: who acts, what it may do, and the engine it talks to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.model.people import Actor
from tui.collector import Collector

BEAT = 1.0
SLOW_BEAT = 5.0


class Life(Protocol):
    """The engine that the console talks to, its own or that of another process. Only `here` and `ended` are quick."""

    @property
    def here(self) -> bool:
        """Whether the engine lives in this process and ends with it."""
        ...

    def ended(self) -> str:
        """Why the engine of this process is gone; empty while it is there, or where it never was."""
        ...

    def begin(self) -> str:
        """Take the lease and start an engine, else attach to who has it; says which. VedetteError where it fails."""
        ...

    def attach(self) -> str:
        """Somebody else watches: talk to them. Says so."""
        ...

    def is_free(self) -> bool:
        """Whether nobody holds the lease."""
        ...

    def hand_over(self) -> str:
        """Let an engine without a screen watch on; words that say which. VedetteError where it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """`keeps` says that an engine of this process is worth a question when the console is left: a demo's is not.

    `wish` is a descriptor that can be read once the process is asked to leave; `gone` tells that the terminal is.
    """

    actor: Actor
    readonly: bool = False
    slow: bool = False
    plain: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    exports: Path = Path()
    themes: tuple[Path, ...] = ()
    life: Life | None = None
    keeps: bool = True
    wish: int | None = None
    gone: Callable[[], bool] | None = None
    collector: Collector | None = None

    @property
    def beat(self) -> float:
        return SLOW_BEAT if self.slow else BEAT

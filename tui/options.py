"""What the console is told when it is opened: who acts, what it may do, and the engine it talks to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.model.people import Actor

BEAT = 1.0
SLOW_BEAT = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """`begin` blocks until an engine can be asked and says which (`here` or `pid 12`); `ended` says why it is gone.

    `wish` is a descriptor that can be read once the process is asked to leave; `gone` tells that the terminal is.
    """

    actor: Actor
    readonly: bool = False
    slow: bool = False
    plain: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    exports: Path = Path()
    themes: tuple[Path, ...] = ()
    begin: Callable[[], str] | None = None
    ended: Callable[[], str] | None = None
    wish: int | None = None
    gone: Callable[[], bool] | None = None

    @property
    def beat(self) -> float:
        return SLOW_BEAT if self.slow else BEAT

"""What is wrong with a settings file, all of it at once, each with its line and key."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import SettingsError
from core.settings.positions import Path, Place, index, inside, line_and_column

MOST_TOLD = 20


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong. `line` and `column` count from 1; 0 where there is no text to point into."""

    line: int
    column: int
    key: str
    message: str


class InvalidSettings(SettingsError):
    """Settings that cannot be used; the message has one line a problem, `problems` has them as values."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        told = [_sentence(source, each) for each in problems[:MOST_TOLD]]
        if len(problems) > MOST_TOLD:
            told.append(f"{source}: and {len(problems) - MOST_TOLD} more")
        super().__init__("\n".join(told))
        self.source = source
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Problems:
    """Collects what is wrong while a document is read. Without its `text` the keys alone say where.

    The places in a text are looked for when something is wrong: a file of ten thousand targets takes as long for that
    as for all else.
    """

    source: str
    text: str = ""
    _places: dict[Path, Place] = field(default_factory=dict)
    found: list[Problem] = field(default_factory=list)

    def add(self, path: Path, message: str, position: int | None = None) -> None:
        """Something wrong at `path`; `position` is the character within its string value."""
        line, column = self._where(path, position)
        self.found.append(Problem(line, column, dotted(path), message))

    def line(self, path: Path) -> int:
        """The line of a key, or of the nearest table around it; 0 where there is no text."""
        return self._where(path, None)[0]

    def settle(self) -> None:
        """Raise InvalidSettings if anything was wrong."""
        if self.found:
            raise InvalidSettings(self.source, tuple(sorted(set(self.found))))

    def _where(self, path: Path, position: int | None) -> tuple[int, int]:
        if not self._places and self.text:
            self._places.update(index(self.text))
        place = self._places.get(path)
        if place is not None and position is not None:
            return line_and_column(self.text, inside(self.text, place, position))
        while place is None and path:
            path = path[:-1]
            place = self._places.get(path)
        return (line_and_column(self.text, place.key)[0], 0) if place else (0, 0)


def dotted(path: Path) -> str:
    """`target[0].content.ignore[1]`."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}"
    return written.removeprefix(".")


def _sentence(source: str, problem: Problem) -> str:
    where = [source]
    if problem.line:
        where.append(str(problem.line))
    if problem.column:
        where.append(str(problem.column))
    key = f"{problem.key}: " if problem.key else ""
    return f"{':'.join(where)}: {key}{problem.message}"

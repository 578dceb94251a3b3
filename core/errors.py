"""The one base error: a caller's mistake, told as what is wrong, where, and what to do."""

from __future__ import annotations


class VedetteError(Exception):
    """What a person gets to read; `exit_code` is what the command line ends with."""

    exit_code = 2


class SettingsError(VedetteError):
    """A settings file or value that cannot be used; the message names file, line and key."""


class QueryError(VedetteError):
    """A filter that cannot be read: `position` (from 0) and what was expected there."""

    def __init__(self, message: str, text: str, position: int, expected: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.text = text
        self.position = position
        self.expected = expected


class NotFoundError(VedetteError):
    """No such target, change, alert, job or delivery."""


class ConflictError(VedetteError):
    """The wish contradicts what is there: a name taken, a file target edited elsewhere."""


class LeaseHeldError(VedetteError):
    """Another process is the engine of this data directory."""

    exit_code = 3


class StoreError(VedetteError):
    """The database cannot be used: newer than this program, damaged, or full."""

    exit_code = 4


class RefusedError(StoreError):
    """The database works, but did not take this one thing: trying it again is of no use."""


class EngineError(VedetteError):
    """A fault of the engine itself, which its log tells in full."""

    exit_code = 4


class SecretError(VedetteError):
    """A secret that was named cannot be had; the message says where it was looked for."""


class NotYetError(VedetteError):
    """Part of the contract that this version does not have."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: not in this version")

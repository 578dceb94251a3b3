"""A target with its last look in one row, as lists and filters see it: a hundred thousand of them are kept in memory.

A dictionary of these keys takes three times the room, and a filter reads attributes twice as fast as keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True, eq=False)
class TargetRecord(Mapping[str, Any]):
    """A mapping of the names in ATTRIBUTES. Never changed once it is shown: what has changed is another record.

    `state` is the status, or paused. Moments are epoch seconds, None for never; `cert` are the days that a certificate
    still has, set by whoever knows what time it is. Numbers are those of the last look, None where it has none.
    """

    target_id: int
    uuid: str
    name: str
    url: str
    kind: str
    every: int | None
    target_class: str
    owner: str
    profile: str
    tags: tuple[str, ...]
    origin: str
    paused: bool
    status: str
    state: str
    title: str
    sec: str
    cert_not_after: float | None
    tech: tuple[tuple[str, str], ...]
    dns_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    ttfb_ms: float | None
    download_ms: float | None
    total_ms: float | None
    transfer_bytes: int | None
    body_bytes: int | None
    last_at: float | None
    added_at: float
    changed_at: float | None
    next_due: float | None
    scans: int
    failures: int
    cert: float | None = None
    searched: str = field(default="", repr=False)

    @property
    def id(self) -> str:
        """`T-12`."""
        return f"T-{self.target_id}"

    def __getitem__(self, key: str) -> Any:
        return getattr(self, ATTRIBUTES[key])

    def get(self, key: str, default: Any = None) -> Any:
        name = ATTRIBUTES.get(key)
        return default if name is None else getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(ATTRIBUTES)

    def __len__(self) -> int:
        return len(ATTRIBUTES)


def _attributes() -> dict[str, str]:
    """`searched` is what a search looks through, kept for the next one, and no value of the record."""
    names = ["id", *(each.name for each in fields(TargetRecord) if each.name != "searched")]
    return {name if name != "target_class" else "class": name for name in names}


ATTRIBUTES: dict[str, str] = _attributes()

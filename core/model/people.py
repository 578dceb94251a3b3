"""Who acts: roles, and the audit entry that everything a person does leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """Each may do what the ones before it may."""

    VIEWER = 0
    OPERATOR = 1
    MODERATOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: login name, where from (`console`, `cli`, an address over SSH), and what they may do."""

    name: str
    origin: str
    role: Role = Role.ADMIN


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act in the append-only trail; `digest` chains it to the entry before."""

    at: float
    actor: str
    origin: str
    action: str
    subject: str
    detail: str
    digest: str = ""
    id: int = 0

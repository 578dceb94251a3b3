"""The one exception of a fetch: the target, or the way to it, failed; it ends as a Failure before anyone else sees it.

It is an httpx error, so whoever uses the guarded transport through `httpx.AsyncClient` catches `httpx.HTTPError` only.
"""

from __future__ import annotations

import httpx

from core.model.scan import FailureClass


class TargetFault(httpx.TransportError):
    """What failed, and at which step. `chain` holds the DER certificates of a server that could not be verified."""

    def __init__(self, failure_class: FailureClass, message: str, *, chain: tuple[bytes, ...] = ()) -> None:
        super().__init__(message)
        self.failure_class = failure_class
        self.chain = chain


def refused(message: str) -> TargetFault:
    """Our own rules forbid this look."""
    return TargetFault(FailureClass.POLICY, message)

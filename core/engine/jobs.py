"""What a worker is asked for a target, whether it is watched or only tried."""

from __future__ import annotations

from core.model.scan import ScanJob
from core.model.target import Target, TargetClass


def job_of(target: Target, number: int, due: float) -> ScanJob:
    """One look at what the target says; `due` is epoch seconds."""
    return ScanJob(
        id=number,
        target_id=target.id,
        name=target.name,
        url=target.url,
        scanners=target.scanners,
        select=target.content.select,
        ignore=target.content.ignore,
        allow_private=target.allow_private,
        obey_robots=target.target_class is TargetClass.COMPETITOR,
        scheduled_for=due,
    )

"""Trials: looks of their own, polite, lost ones tried again, and nothing the patrol would hear of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from core.engine.trial import TRIAL, Trials
from core.model.scan import FailureClass, Scan, ScanJob
from core.model.target import Target, TargetClass
from core.scan.pool import WorkerPool
from core.schedule.budget import DomainBudget

NOW = 1_700_000_000.0
SHOP = Target("shop", "https://shop.test/", allow_private=True)


@dataclass
class Workers:
    """A pool without processes: it keeps what it is given."""

    jobs: list[ScanJob] = field(default_factory=list)

    def submit(self, jobs: Sequence[ScanJob]) -> None:
        self.jobs.extend(jobs)


def trials(rate: float = 100.0) -> tuple[Trials, Workers, DomainBudget]:
    workers, budget = Workers(), DomainBudget(rate, 1)
    return Trials(cast(WorkerPool, workers), budget, lambda: NOW), workers, budget


async def _submitted(workers: Workers, count: int) -> ScanJob:
    async with asyncio.timeout(5):
        while len(workers.jobs) < count:
            await asyncio.sleep(0)
    return workers.jobs[-1]


async def test_a_trial_looks_at_exactly_what_is_typed() -> None:
    ours, workers, _ = trials()
    looking = asyncio.create_task(ours.look(SHOP))
    job = await _submitted(workers, 1)
    assert (job.target_id, job.url, job.allow_private, job.want_document) == (TRIAL, SHOP.url, True, False)
    ours.on_scan(job, Scan(job.url, NOW, 5.0))
    assert (await looking).duration_ms == 5.0


async def test_its_domain_is_free_again_after_the_answer() -> None:
    ours, workers, budget = trials()
    looking = asyncio.create_task(ours.look(SHOP))
    job = await _submitted(workers, 1)
    assert budget.reserve("shop.test", NOW + 10) > 0
    ours.on_scan(job, Scan(job.url, NOW, 5.0))
    await looking
    assert budget.reserve("shop.test", NOW + 10) == 0


async def test_a_lost_trial_is_tried_again_and_in_the_end_is_a_failure() -> None:
    ours, workers, _ = trials()
    looking = asyncio.create_task(ours.look(SHOP))
    for count in range(1, 10):
        job = await _submitted(workers, count)
        ours.on_lost(job)
        await asyncio.sleep(0)
        if len(workers.jobs) == count:
            break
    failure = (await looking).failure
    assert failure is not None
    assert (failure.failure_class, workers.jobs[-1].attempt) == (FailureClass.PARSE, 4)


async def test_a_competitor_s_robots_are_obeyed_and_a_stranger_s_answer_is_ignored() -> None:
    ours, workers, _ = trials()
    other = Target("other", "https://other.test/", target_class=TargetClass.COMPETITOR)
    looking = asyncio.create_task(ours.look(other))
    job = await _submitted(workers, 1)
    ours.on_scan(ScanJob(5, TRIAL, "x", "https://x.test/", ()), Scan("https://x.test/", NOW, 1.0))
    assert job.obey_robots
    assert not looking.done()
    ours.on_scan(job, Scan(job.url, NOW, 5.0))
    assert (await looking).url == other.url

"""A writer to be killed: records looks with alerts, and prints each acknowledged delivery key.

With a number as second argument it kills itself at that statement instead of waiting to be killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from core.errors import NotFoundError
from core.model.alert import DeliveryState
from core.store.open import open_store
from tests.store.looks import NOW, change, look, raised, watched


async def main(directory: Path, statements: int) -> None:
    left = statements

    def between(_statement: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    store = await open_store(directory, writable=True, linger=0.002, between=between)
    try:
        shop = await store.reader.target("shop")
    except NotFoundError:
        shop = await watched(store.ledger)
    turn = len(await store.reader.alerts(limit=1_000_000))
    while True:
        turn += 1
        at = NOW + turn
        recording = look(shop, at, changes=(change(at=at),), raised=(raised(shop, at, dedup=f"{turn}"),))
        [recorded] = await store.ledger.record([recording])
        for delivery in recorded.deliveries:
            print("pending", delivery.key, flush=True)
            await store.ledger.move_delivery(replace(delivery, state=DeliveryState.DELIVERED, attempts=1))
            print("delivered", delivery.key, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))

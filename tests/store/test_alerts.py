"""An alert that is added to again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.model.change import Reason
from core.store.alerts import MOST_REASONS
from core.store.open import open_store
from tests.store.looks import NOW, alert, change, look, raised, watched


async def test_keeps_how_it_began_and_what_came_last(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "data", writable=True, linger=0.0)
    shop = await watched(store.ledger)
    for number in range(MOST_REASONS + 50):
        once = raised(shop, NOW + number)
        reasons = (Reason("dedup", "added", f"look {number}"),)
        again = replace(once, alert=replace(alert(shop, NOW), reasons=reasons), deliveries=())
        await store.ledger.record([look(shop, NOW + number, changes=(change(at=NOW + number),), raised=(again,))])
    [kept] = await store.reader.alerts()
    assert len(kept.changes) == MOST_REASONS + 50
    assert len(kept.reasons) == MOST_REASONS
    assert kept.reasons[0].because == "look 0"
    assert kept.reasons[-1].because == f"look {MOST_REASONS + 49}"
    await store.close()

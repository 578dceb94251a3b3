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


async def test_a_message_and_the_engine_s_memory_stay_small_and_show_tells_more(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "data", writable=True, linger=0.0)
    shop = await watched(store.ledger)
    for number in range(30):
        key = ("nginx", "php")[number % 2]
        added = (change(key, NOW + number),)
        [recorded] = await store.ledger.record([look(shop, NOW + number, changes=added, raised=(raised(shop),))])
    assert [(each.key, each.at) for each in recorded.alerts[0].changes] == [("nginx", NOW + 28), ("php", NOW + 29)]
    assert (await store.reader.load()).open_alerts == recorded.alerts
    told = await store.reader.alert("A-1", 20)
    assert [each.at for each in told.changes] == [NOW + number for number in range(10, 30)]
    assert len(told.deliveries) == 20
    assert told.reasons[-1].because == "the newest 20 changes are told, and 10 more came before them"
    shown = await store.reader.alert("A-1")
    assert (len(shown.changes), len(shown.deliveries)) == (30, 60)
    assert "shortened" not in {reason.outcome for reason in shown.reasons}
    await store.close()

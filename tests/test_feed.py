"""The feed gives every event once, in order, however far behind its reader is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.feed import Feed
from core.settings.values import RetentionSettings
from core.store.open import open_store
from tests.store.looks import ANNA, NOW, target


async def test_a_reader_who_was_away_gets_every_event_once_and_in_order(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "data", writable=True, retention=RetentionSettings(), linger=0.0)
    for number in range(7):
        await store.ledger.add_target(replace(target(), name=f"site {number}"), ANNA, NOW, NOW)
    feed = Feed(store.reader, page=2)
    everything = await feed.since(0)
    assert len(everything) == 7
    assert [each.seq for each in everything] == sorted({each.seq for each in everything})
    first = await feed.since(0, most=3)
    rest = await feed.since(first[-1].seq)
    assert first + rest == everything
    assert await feed.since(everything[-1].seq) == []
    await store.close()

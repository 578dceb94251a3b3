"""What happened since a cursor, for whoever watches: consoles now, streams later.

A cursor is the `seq` of the last event seen. It is opaque and only grows in the order of commits, which times do not.
"""

from __future__ import annotations

from core.ports import Event, Reader

PAGE = 1000
MOST = 20_000


class Feed:
    """The events of a store, read in pages so that a reader who was away does not ask for everything at once."""

    def __init__(self, reader: Reader, page: int = PAGE) -> None:
        self._reader = reader
        self._page = page

    async def since(self, seq: int, most: int = MOST) -> list[Event]:
        """The events after `seq`, oldest first, at most `most`: the last one's `seq` is the next cursor.

        StoreError when the database cannot be read.
        """
        found: list[Event] = []
        while len(found) < most:
            asked = min(self._page, most - len(found))
            page = await self._reader.events(found[-1].seq if found else seq, asked)
            found += page
            if len(page) < asked:
                break
        return found

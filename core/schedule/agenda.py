"""What is due next, and what is being looked at now: a heap of due times and the set of claims."""

from __future__ import annotations

import heapq

_SLACK = 64


class Agenda:
    """Targets by due time. One that was taken is claimed: it is not handed out again before `release`.

    Moving and removing leave the old heap entry behind; it is recognised by not being the target's due time any more,
    and swept out when such entries outnumber the real ones.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._due: dict[int, float] = {}
        self._claimed: set[int] = set()

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, target_id: int) -> bool:
        return target_id in self._due

    @property
    def claimed(self) -> int:
        """How many targets are taken and not yet released."""
        return len(self._claimed)

    def add(self, target_id: int, due: float) -> None:
        """Put a target on the agenda, or move it. What is claimed meanwhile becomes due when it is released."""
        self._due[target_id] = due
        if target_id not in self._claimed:
            self._push(target_id, due)

    def remove(self, target_id: int) -> None:
        """Take a target off; a claim on it stays until it is released."""
        self._due.pop(target_id, None)

    def take(self, now: float, limit: int) -> list[int]:
        """Claim at most `limit` targets that are due, the most overdue first."""
        taken: list[int] = []
        while len(taken) < limit and self._next_stands() and self._heap[0][0] <= now:
            target_id = heapq.heappop(self._heap)[1]
            del self._due[target_id]
            self._claimed.add(target_id)
            taken.append(target_id)
        return taken

    def release(self, target_id: int) -> None:
        """End a claim; the target may be taken again once it is on the agenda and due."""
        self._claimed.discard(target_id)
        due = self._due.get(target_id)
        if due is not None:
            self._push(target_id, due)

    def next_at(self) -> float | None:
        """When the next unclaimed target is due; None when nothing waits."""
        return self._heap[0][0] if self._next_stands() else None

    def due(self, now: float) -> int:
        """How many unclaimed targets are due and wait to be taken."""
        return sum(1 for target_id, due in self._due.items() if due <= now and target_id not in self._claimed)

    def _push(self, target_id: int, due: float) -> None:
        heapq.heappush(self._heap, (due, target_id))
        if len(self._heap) > 2 * len(self._due) + _SLACK:
            self._heap = [(when, each) for each, when in self._due.items() if each not in self._claimed]
            heapq.heapify(self._heap)

    def _next_stands(self) -> bool:
        """Drop what was moved, removed or claimed from the top; whether anything is left."""
        while self._heap:
            due, target_id = self._heap[0]
            if self._due.get(target_id) == due and target_id not in self._claimed:
                return True
            heapq.heappop(self._heap)
        return False

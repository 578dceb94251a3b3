"""The agenda hands out every due target once, the most overdue first, and none that is claimed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.schedule.agenda import Agenda

IDS = st.integers(min_value=1, max_value=12)
TIMES = st.integers(min_value=0, max_value=50).map(float)


class AgendaAgainstADictionary(RuleBasedStateMachine):
    """The same calls on an agenda and on a plain dictionary and set."""

    def __init__(self) -> None:
        super().__init__()
        self.agenda = Agenda()
        self.due: dict[int, float] = {}
        self.claimed: set[int] = set()

    @rule(target_id=IDS, due=TIMES)
    def add(self, target_id: int, due: float) -> None:
        self.agenda.add(target_id, due)
        self.due[target_id] = due

    @rule(target_id=IDS)
    def remove(self, target_id: int) -> None:
        self.agenda.remove(target_id)
        self.due.pop(target_id, None)

    @rule(now=TIMES, limit=st.integers(min_value=0, max_value=5))
    def take(self, now: float, limit: int) -> None:
        waiting = sorted((due, each) for each, due in self.due.items() if each not in self.claimed and due <= now)
        expected = [each for _, each in waiting[:limit]]
        assert self.agenda.due(now) == len(waiting)
        assert self.agenda.take(now, limit) == expected
        for each in expected:
            del self.due[each]
            self.claimed.add(each)

    @precondition(lambda self: self.claimed)
    @rule(choice=st.integers(min_value=0, max_value=99))
    def release(self, choice: int) -> None:
        target_id = sorted(self.claimed)[choice % len(self.claimed)]
        self.agenda.release(target_id)
        self.claimed.discard(target_id)

    @rule(target_id=IDS)
    def release_what_may_not_be_claimed(self, target_id: int) -> None:
        self.agenda.release(target_id)
        self.claimed.discard(target_id)

    @invariant()
    def agrees(self) -> None:
        waiting = [due for each, due in self.due.items() if each not in self.claimed]
        assert self.agenda.next_at() == min(waiting, default=None)
        assert len(self.agenda) == len(self.due)
        assert self.agenda.claimed == len(self.claimed)
        assert all(each in self.agenda for each in self.due)


TestAgendaAgainstADictionary = AgendaAgainstADictionary.TestCase


def test_moving_a_target_again_and_again_does_not_grow_the_agenda() -> None:
    agenda = Agenda()
    for number in range(10_000):
        agenda.add(number % 10, float(number))
    assert len(agenda) == 10
    assert len(agenda._heap) < 100
    assert agenda.take(1e9, 100) == list(range(10))


def test_what_is_moved_while_it_is_claimed_is_due_at_its_new_time() -> None:
    agenda = Agenda()
    agenda.add(1, 10.0)
    assert agenda.take(10.0, 5) == [1]
    agenda.add(1, 20.0)
    assert agenda.take(30.0, 5) == []
    agenda.release(1)
    assert agenda.next_at() == 20.0
    assert agenda.take(20.0, 5) == [1]

"""When Python's cyclic garbage collector runs: not during a start, and never over what a start made.

A fleet of 10,000 targets is half a million objects that stay. Looking through them took a quarter of the start, and
afterwards held up whoever shares the interpreter, a console's keys among them, for a thirtieth of a second at a time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_UNCOLLECTED = 10_000  # objects between collections: a look leaves next to no cycles


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection inside; what is there at the end is never looked through again.

    A console in the process may want everything to be looked through less often still: that stays.
    """
    whole = gc.get_threshold()[2]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(_UNCOLLECTED, 20, max(whole, 20))
        gc.enable()

"""`vedette doctor`: what stands between an operator and a good console.

Terminals are the console's business, and nothing here may import it; so the entry point, which knows both, gives the
examiner in `EXAMINERS`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import click

from core.cli.output import output_option, say, say_json
from core.cli.place import Place
from core.errors import NotYetError

# (data directory, environment, standard output) -> JSON items, each with `weight`, and the same as lines
Examiner = Callable[[Path, Mapping[str, str], TextIO], tuple[list[dict[str, object]], list[str]]]
EXAMINERS: list[Examiner] = []
TROUBLE = "trouble"


@click.command()
@output_option()
@click.pass_obj
def doctor(place: Place, output: str) -> int:
    """Examine the terminal, the data directory and the engine.

    Ends with 1 when something is wrong with one of them.
    """
    if not EXAMINERS:
        raise NotYetError("vedette doctor without the console")
    items: list[dict[str, object]] = []
    for examine in EXAMINERS:
        found, lines = examine(place.data, place.environ, sys.stdout)
        items += found
        if output != "json":
            for line in lines:
                say(line)
    if output == "json":
        say_json({"schema": 1, "items": items})
    return 1 if any(each["weight"] == TROUBLE for each in items) else 0

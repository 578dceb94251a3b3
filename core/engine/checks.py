"""What settings cannot judge themselves, joined for engine and command line alike: cron, templates, channels."""

from __future__ import annotations

from collections.abc import Collection

from core.notify.render import check_template
from core.schedule.cron import Cron
from core.settings.load import Checks


def checks(channels: Collection[str] = ()) -> Checks:
    """`channels` are those of the store, which rules of the file may name too."""
    return Checks(cron=Cron.parse, template=check_template, channels=channels)

"""Cron expressions of five or six fields: the moments at which they fire, in any IANA time zone.

cronsim computes five fields as Debian's cron does: a fixed time in a missing hour runs once, right after; in a
repeated hour once; hourly and */n every real hour. Given six fields it forgets that sentence, so the seconds are
kept apart here and laid over its minutes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from core.errors import SettingsError
from core.text import nearest, parse_duration, safe

_LONGEST = 200
_MINUTE = 60
_SHORTEST_EVERY, _LONGEST_EVERY = 1.0, 366 * 86_400.0
_ZONE_PREFIX = re.compile(r"(?:CRON_)?TZ=(\S*)\s*(.*)", re.DOTALL)
_BAD_FIELD = "Bad "
_FIELDS = ("second", "minute", "hour", "day-of-month", "month", "day-of-week")
_ALLOWED = {
    "second": "0-59",
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L, LW or ?",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 or SUN-SAT (0 and 7 are Sunday), 5L, 1#2 or ?",
}
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_NEVER_SINCE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule that was read: `minutes` are its five fields, `seconds` those of each minute, sorted.

    `every` is set, in seconds, for `@every 1h30m` alone; such a schedule fires on whole multiples since the epoch.
    """

    expression: str
    timezone: str
    minutes: str = ""
    seconds: tuple[int, ...] = (0,)
    every: float | None = None

    @staticmethod
    def parse(expression: str, timezone: str = "UTC") -> Cron:
        """Read five fields, six with seconds first, `@hourly` and the like, or `@every 90s`.

        `TZ=` or `CRON_TZ=` in front overrides `timezone`. SettingsError says which field is wrong and what it may be,
        or that the dates never come.
        """
        return _parse(expression, timezone)

    def next_after(self, at: float) -> float | None:
        """The first moment after `at`; None where there is none within fifty years. Epoch seconds."""
        if self.every is not None:
            return (at // self.every + 1) * self.every
        minute = self._minute_after(at // _MINUTE * _MINUTE - 1)
        while minute is not None:
            for second in self.seconds:
                if minute + second > at:
                    return minute + second
            minute = self._minute_after(minute)
        return None

    def upcoming(self, after: float, count: int) -> list[float]:
        """The next `count` moments after `after`; fewer where they end."""
        times: list[float] = []
        while len(times) < count and (moment := self.next_after(times[-1] if times else after)) is not None:
            times.append(moment)
        return times

    def _minute_after(self, at: float) -> float | None:
        """The first minute after `at` that the five fields name.

        Within a repeated hour cronsim begins again with the first pass: what it names up to `at` has been.
        """
        try:
            for moment in CronSim(self.minutes, datetime.fromtimestamp(at, zone(self.timezone))):
                if moment.timestamp() > at:
                    return moment.timestamp()
        except (OverflowError, ValueError):  # the calendar ends with the year 9999
            return None
        return None


def zone(name: str) -> tzinfo:
    """The IANA time zone of that name; SettingsError with the nearest name for an unknown one."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(name, available_timezones())
        meant = f"; did you mean '{near}'?" if near else ""
        raise SettingsError(f"'{safe(name, 60)}' is no IANA time zone{meant}") from None


@lru_cache(maxsize=16_384)
def _parse(expression: str, timezone: str) -> Cron:
    text = expression.strip()
    if len(text) > _LONGEST:
        raise SettingsError(f"a cron expression has at most {_LONGEST} characters, this one has {len(text)}")
    if prefix := _ZONE_PREFIX.fullmatch(text):
        timezone, text = prefix[1], prefix[2].strip()
    zone(timezone)
    if text.startswith("@"):
        return _shorthand(text, timezone)
    fields = text.split()
    if len(fields) not in (5, 6):
        raise SettingsError(
            f"'{safe(text, 80)}' has {len(fields)} fields; a cron expression has five (minute hour day-of-month month "
            "day-of-week), or six with seconds first"
        )
    return _from_fields(text, fields, timezone)


def _shorthand(text: str, timezone: str) -> Cron:
    word, _, rest = text.partition(" ")
    if word == "@every":
        return Cron(text, timezone, every=_every(rest))
    fields = _SHORTHANDS.get(text.lower())
    if fields is None:
        near = nearest(text, (*_SHORTHANDS, "@every 1h"))
        meant = f"did you mean '{near}'?" if near else f"known are {', '.join(_SHORTHANDS)} and @every 1h30m"
        raise SettingsError(f"'{safe(text, 60)}' is no schedule; {meant}")
    return Cron(text, timezone, fields)


def _every(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise SettingsError(f"@every: {error}") from None
    if not _SHORTEST_EVERY <= seconds <= _LONGEST_EVERY:
        raise SettingsError(f"@every {safe(text, 60)}: an interval lasts from 1s to 366d")
    return seconds


def _from_fields(text: str, fields: list[str], timezone: str) -> Cron:
    names = _FIELDS[-len(fields) :]
    plain = [_unquestioned(name, field) for name, field in zip(names, fields, strict=True)]
    try:
        simulation = CronSim(" ".join(plain), _NEVER_SINCE)
    except CronSimError as error:
        raise _field_error(text, dict(zip(names, fields, strict=True)), str(error)) from None
    if next(simulation, None) is None:
        raise SettingsError(f"'{safe(text, 80)}' never fires: no such date comes")
    return Cron(text, timezone, " ".join(plain[-5:]), tuple(sorted(simulation.seconds)))


def _unquestioned(name: str, field: str) -> str:
    """`?` (Quartz, robfig: no matter which) is `*` where cronsim looks for it, in the two day fields."""
    return "*" if field == "?" and name.startswith("day") else field


def _field_error(text: str, fields: dict[str, str], complaint: str) -> SettingsError:
    name = complaint.removeprefix(_BAD_FIELD)
    given = fields[name]
    hint = ""
    if name == "day-of-week" and given.upper().endswith("-SUN"):
        hint = "; a range runs upwards, and Sunday at its end is 7"
    elif name == "day-of-month" and given.isdecimal() and 0 < int(given) <= 31:
        hint = "; no month named has that day, so it never fires"
    return SettingsError(
        f"cron '{safe(text, 80)}': {name} '{safe(given, 40)}' cannot be; allowed: {_ALLOWED[name]}{hint}"
    )

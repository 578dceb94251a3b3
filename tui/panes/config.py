"""How one site is watched: each setting and where it comes from, its next looks, and which rules tell whom of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import VedetteError
from core.model.alert import Rule
from core.model.target import DEFAULT_THRESHOLDS, SCANNER_NAMES, Origin, Profile, Target
from core.operations import ChannelFigures, InForce
from core.query.filters import parse, scope_of
from core.settings.stored import fault_of, rule_from_json
from core.view import Plan, Site
from tui import wording
from tui.panes.engine import channel_health
from tui.panes.paint import Part, flowed, labelled

Lines = list[list[Part]]
UNSAID = Target("", "")  # a target of which nothing was said: what it is like is what the defaults are
WITHOUT_RULES = Rule("default", "severity>=high")
EVERYBODY = "every channel"
ROOM = 30
INDENT = 14


@dataclass(frozen=True, slots=True)
class Around:
    """What a site's settings stand in: its next looks, what is in force, and how the channels fare.

    `in_force` is None while the engine has not answered, or does not; `trouble` says why.
    """

    plan: Plan
    in_force: InForce | None = None
    channels: tuple[ChannelFigures, ...] = ()
    trouble: str = ""


def config_lines(site: Site, around: Around | None, now: float, plain: bool, width: int) -> Lines:
    """All of it, as far as it is known yet."""
    target = site.target
    lines = [*_settings(target), *_looks(target, around.plan if around else None, now), []]
    if around is None or around.in_force is None:
        words = around.trouble if around and around.trouble else "asking the engine"
        return [*lines, [(" rules", "heading"), (f"  {words}", "error" if around and around.trouble else "muted")]]
    rules = _Rules.of(around.in_force, target)
    told = [*_rule_lines(rules, plain), [], *_channel_lines(rules, around.in_force, around.channels, now, plain)]
    return flowed([*lines, *told], width, INDENT)


# -- settings


def _settings(target: Target) -> Lines:
    rows = (
        ("name", target.name, UNSAID.name), ("url", target.url, UNSAID.url),
        ("profile", _profile(target), _profile(UNSAID)),
        ("class", target.target_class.value, UNSAID.target_class.value), ("owner", target.owner, UNSAID.owner),
        ("tags", ", ".join(target.tags), ""), ("scanners", _scanners(target), _scanners(UNSAID)),
        ("select", target.content.select, ""), ("ignore", ", ".join(target.content.ignore), ""),
        ("thresholds", _thresholds(target.thresholds), _thresholds(UNSAID.thresholds)),
        ("private", _private(target), _private(UNSAID)), ("looks", _schedule(target), _schedule(UNSAID)),
    )  # fmt: skip
    here = "from the settings file" if target.origin is Origin.FILE else "of this site"
    head: Lines = [labelled("id", (f"T-{target.id}", ""), (f"  {target.uuid}", "muted"))]
    return [*head, *(_row(name, value, "default" if value == usual else here) for name, value, usual in rows)]


def _row(name: str, value: str, source: str) -> list[Part]:
    gap = " " * max(ROOM - len(value or wording.NOTHING), 2)
    return labelled(name, (value or wording.NOTHING, "" if value else "muted"), (f"{gap}{source}", "muted"))


def _profile(target: Target) -> str:
    return f"{target.profile.value}, told {'at once' if target.profile is Profile.REALTIME else 'in batches'}"


def _scanners(target: Target) -> str:
    return "all" if target.scanners == SCANNER_NAMES else ", ".join(target.scanners)


def _private(target: Target) -> str:
    return "allowed" if target.allow_private else "refused"


def _thresholds(thresholds: Sequence[tuple[str, float]]) -> str:
    """With those that count by default and do not here."""
    off = [f"{metric} off" for metric, _ in DEFAULT_THRESHOLDS if metric not in dict(thresholds)]
    return ", ".join([*(f"{metric} +{wording.percent(share, 0)}" for metric, share in thresholds), *off])


def _schedule(target: Target) -> str:
    schedule = target.schedule
    if schedule.cron:
        return f"cron {schedule.cron} ({schedule.timezone})"
    return f"every {wording.duration(schedule.every or 0)}"


def _looks(target: Target, plan: Plan | None, now: float) -> Lines:
    if plan is None:
        return []
    every, lines = target.schedule.every, []
    if every is not None and every < plan.floor:
        why = f"  of class {target.target_class.value}, which is looked at politely"
        lines.append(labelled("", (f"at most every {wording.duration(plan.floor)}", "degraded"), (why, "muted")))
    if target.paused:
        return [*lines, labelled("next", ("none while it is paused", "paused"), ("  p resumes it", "muted"))]
    coming = [
        f"{wording.day_or_clock(at, now)} ({wording.countdown(at, now)})" if at > now else "now" for at in plan.looks
    ]
    return [*lines, labelled("next", ("  ".join(coming) or "none is planned", "" if coming else "muted"))]


# -- rules and channels


@dataclass(frozen=True, slots=True)
class _Reach:
    """A rule that is in use, whether it can tell of the site, and the terms that decide it."""

    rule: Rule
    reaches: bool
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    """All rules as one site has to do with them; `unreadable` are those that this version cannot read."""

    reaching: tuple[_Reach, ...]
    others: tuple[_Reach, ...]
    unused: tuple[Rule, ...]
    unreadable: int

    @classmethod
    def of(cls, in_force: InForce, target: Target) -> _Rules:
        texts = [each.text for each in in_force.entries if each.kind == "rule"]
        rules = [rule_from_json(each) for each in texts if not fault_of("rule", each)]
        used = [each for each in rules if each.enabled] if rules else [WITHOUT_RULES]
        found = list(_reaches(used, target))
        return cls(
            tuple(each for each in found if each.reaches),
            tuple(each for each in found if not each.reaches),
            tuple(each for each in rules if not each.enabled),
            len(texts) - len(rules),
        )

    @property
    def count(self) -> int:
        return len(self.reaching) + len(self.others) + len(self.unused) + self.unreadable


def _reaches(rules: Iterable[Rule], target: Target) -> Iterable[_Reach]:
    for rule in rules:
        try:
            scope = scope_of(parse(rule.when, "changes"), target)
        except VedetteError:
            continue  # an engine of another version reads filters that this console cannot
        yield _Reach(rule, scope.reaches, scope.terms)


def _rule_lines(rules: _Rules, plain: bool) -> Lines:
    head = f" {wording.counted(len(rules.reaching), 'rule')} for this site"
    lines: Lines = [[(head, "heading"), (f"  of {rules.count}", "muted")]]
    for each in rules.reaching:
        rule, why = (
            each.rule,
            f"because {', '.join(each.terms)}" if each.terms else "for all sites: it names none",
        )
        lines.append(labelled(rule.name, (rule.when, ""), (f"  {why}", "muted")))
        lines.append(labelled("", (f"{'->' if plain else '→'} {', '.join(rule.notify) or EVERYBODY}", "link"),
                              (_manner(rule), "muted")))  # fmt: skip
    for each in rules.others:
        lines.append(labelled(each.rule.name, ("not for this site: ", "muted"), (", ".join(each.terms), "muted")))
    lines += [labelled(each.name, ("not in use", "paused")) for each in rules.unused]
    if rules.unreadable:
        words = f"{wording.counted(rules.unreadable, 'rule')} cannot be read and tell nobody: see :rules"
        lines.append(labelled("", (words, "error")))
    return lines


def _manner(rule: Rule) -> str:
    severity = f"  as {rule.severity.word}" if rule.severity else ""
    return severity + (f"  at most once in {wording.duration(rule.throttle)}" if rule.throttle else "")


def _channel_lines(
    rules: _Rules, in_force: InForce, figures: Iterable[ChannelFigures], now: float, plain: bool
) -> Lines:
    """Whom they tell, and how that went last."""
    known = [each.name for each in in_force.entries if each.kind == "channel"]
    everybody = any(not each.rule.notify for each in rules.reaching)
    named = [name for each in rules.reaching for name in each.rule.notify]
    names = list(dict.fromkeys([*named, *(known if everybody else [])]))
    if not names:
        return [[(" nobody is told of it", "degraded"), ("  :rules and :channels say who is", "muted")]]
    fared = {each.name: each for each in figures}
    lines: Lines = [[(f" {wording.counted(len(names), 'channel')} told", "heading")]]
    return lines + [labelled(name, *_fared(name in known, fared.get(name), now, plain)) for name in names]


def _fared(known: bool, figures: ChannelFigures | None, now: float, plain: bool) -> list[Part]:
    if not known:
        return [("there is no such channel: nobody is told by it", "error")]
    sign = wording.HEALTH_SIGNS[channel_health(figures) if figures else "idle"]
    last = f"  {figures.type}  last {wording.ago(figures.last_at, now)}" if figures and figures.last_at else ""
    error = f"  {figures.last_error}" if figures and figures.last_error else ""
    return [(sign.label(plain), sign.role), (last, "muted"), (error, "error")]

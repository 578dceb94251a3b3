"""False-change rate and recall by type on labelled pairs of real page versions, and on generated noise.

    python -m tests.bench.changes [--seed N] [--noise N] [--misses]

Labelled data: ../shared/data/replay. Both pages go through the scanners as saved responses and are compared once, with
no history and no confirmation. A pair without a label must give nothing above info. The peers of the same run - a raw
hash, a hash of the visible text, a plain difference of facts - can only say that something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.detect.compare import compare
from core.model.change import Change, ChangeState, Severity
from core.model.scan import SavedResponse, Scan, ScanJob
from core.model.target import SCANNER_NAMES
from core.scan.examine import examine
from core.scan.saved import from_saved
from tests.bench.noise_generator import noisy_pairs

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "replay"
URL = "https://site.example/"
SURE = 0.9

# A label and the types any of which answers it.
TYPES = {
    "title_changed": ("content.title_changed",),
    "text_changed": ("content.text_changed",),
    "headings_changed": ("content.headings_changed",),
    "inline_script_changed": ("content.inline_script_changed",),
    "content_type_changed": ("content.content_type_changed",),
    "meta_description_changed": ("content.meta_changed",),
    "og_changed": ("content.meta_changed",),
    "form_count_changed": ("content.form_changed",),
    "security_header_changed": ("security.header_changed", "security.header_weakened"),
}


@dataclass(frozen=True, slots=True)
class Label:
    """What changed; `name` is the technology or header it is about, "" where a label has none."""

    type: str
    name: str = ""

    def answered_by(self, change: Change) -> bool:
        """Whether a change says what the label says."""
        return change.type in answers(self.type) and self.name in ("", plain(change.key))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two saved responses and the labels of what changed between them; no labels: nothing that matters."""

    name: str
    kind: str
    before: SavedResponse
    after: SavedResponse
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with what we make of it and whether each peer says that it changed."""

    pair: Pair
    changes: tuple[Change, ...]
    peers: tuple[tuple[str, bool], ...]

    @property
    def told(self) -> list[Change]:
        """The changes that are not noise."""
        return [each for each in self.changes if each.state is not ChangeState.SUPPRESSED]

    @property
    def alarming(self) -> list[Change]:
        """The changes above info."""
        return [each for each in self.told if each.severity > Severity.INFO]

    @property
    def missed(self) -> list[Label]:
        """The labels that no change answers."""
        return [label for label in self.pair.labels if not any(map(label.answered_by, self.told))]

    def is_labelled(self, change: Change) -> bool:
        """Whether some label says what the change says."""
        return any(label.answered_by(change) for label in self.pair.labels)


def plain(name: str) -> str:
    """A name without case and signs, as the labels and we both spell it: `Underscore.js` as `underscore`."""
    return re.sub(r"[^a-z0-9]", "", name.lower().removesuffix(".js"))


def answers(label: str) -> tuple[str, ...]:
    """The change types that answer a label."""
    if label in TYPES:
        return TYPES[label]
    group, _, rest = label.partition("_")
    return (f"technology.{rest}",) if group == "technology" else (f"content.{label}",)


def labelled() -> Iterator[Pair]:
    """The labelled pairs that lie beside the repository."""
    for folder in sorted(DATA.iterdir()):
        if not (folder / "expected.json").is_file():
            continue
        about = json.loads((folder / "expected.json").read_text())
        sides = []
        for side in ("before", "after"):
            headers = about.get(f"headers_{side}") or {"content-type": "text/html; charset=utf-8"}
            sides.append(_saved((folder / f"{side}.html").read_bytes(), headers))
        labels = tuple(Label(each["type"], plain(each.get("name", ""))) for each in about["expected"])
        yield Pair(folder.name, about["kind"], sides[0], sides[1], labels)


def generated(count: int, seed: int) -> Iterator[Pair]:
    """Pairs of labelled pages with noise put into both sides, and nothing changed."""
    sources = [(each.name, each.before.body.decode("utf-8", "replace")) for each in labelled()]
    for number, (kind, before, after) in enumerate(noisy_pairs(sources, count, random.Random(seed))):
        yield Pair(f"noise-{number:04d}", kind, _saved(*before), _saved(*after), ())


def _saved(body: bytes, headers: object) -> SavedResponse:
    pairs = headers.items() if isinstance(headers, dict) else [tuple(each) for each in headers]  # type: ignore[attr-defined]
    return SavedResponse(URL, 200, tuple((str(name), str(value)) for name, value in pairs), body)


def scanned(saved: SavedResponse) -> Scan:
    """A saved response through all scanners."""
    return examine(ScanJob(0, 0, "bench", saved.url, SCANNER_NAMES, want_document=False), from_saved(saved))


def judged(pair: Pair) -> Judged:
    """What we and the peers say of a pair."""
    before, after = scanned(pair.before), scanned(pair.after)
    changes = tuple(compare(before.facts, after.facts))
    peers = tuple((name, peer(pair.before, before) != peer(pair.after, after)) for name, peer in PEERS.items())
    return Judged(pair, changes, peers)


def _raw_hash(saved: SavedResponse, _: Scan) -> object:
    return hashlib.sha256(saved.body).digest()


def _visible_text(_: SavedResponse, scan: Scan) -> object:
    return sorted(fact.value for fact in scan.facts if fact.kind == "text")


def _plain_facts(_: SavedResponse, scan: Scan) -> object:
    return sorted((fact.kind, fact.key, fact.value) for fact in scan.facts)


PEERS: dict[str, Callable[[SavedResponse, Scan], object]] = {
    "raw hash": _raw_hash,
    "visible text": _visible_text,
    "plain fact difference": _plain_facts,
}


def recall(many: Sequence[Judged]) -> str:
    """How many labels of each type were answered, and which types were told without a label."""
    wanted = Counter(label.type for each in many for label in each.pair.labels)
    missed = Counter(label.type for each in many for label in each.missed)
    beyond = Counter(change.type for each in many for change in each.told if not each.is_labelled(change))
    lines = [f"{'label':30} {'count':>5} {'found':>5} {'recall':>7}"]
    for name, count in sorted(wanted.items()):
        lines.append(f"{name:30} {count:5} {count - missed[name]:5} {1 - missed[name] / count:7.0%}")
    total, lost = wanted.total(), missed.total()
    lines.append(f"{'all':30} {total:5} {total - lost:5} {1 - lost / max(1, total):7.1%}")
    lines.append("told without a label: " + ", ".join(f"{name} {count}" for name, count in beyond.most_common()))
    return "\n".join(lines)


def sureness(many: Sequence[Judged]) -> str:
    """How many of the changes with a confidence of .9 or more are labelled."""
    sure = [each.is_labelled(change) for each in many for change in each.told if change.confidence >= SURE]
    return f"confidence >= {SURE}: {sum(sure)} of {len(sure)} labelled ({sum(sure) / max(1, len(sure)):.1%})"


def false_changes(many: Sequence[Judged], title: str) -> str:
    """How many pairs without labels give something above info, by kind of noise, ours and the peers'."""
    quiet = [each for each in many if not each.pair.labels]
    wrong = [each for each in quiet if each.alarming]
    lines = [f"{title}: {len(quiet)} pairs in which nothing changed"]
    rows = [("ours", len(wrong)), *((name, sum(dict(each.peers)[name] for each in quiet)) for name in PEERS)]
    lines += [f"  {name:24} {count:5} false ({count / max(1, len(quiet)):6.1%})" for name, count in rows]
    kinds = Counter(each.pair.kind for each in quiet)
    bad = Counter(each.pair.kind for each in wrong)
    lines += [f"    {kind:22} {bad[kind]:4} of {count}" for kind, count in sorted(kinds.items()) if bad[kind]]
    return "\n".join(lines)


def misses(many: Sequence[Judged]) -> str:
    """Every label not found and every false or unlabelled sure change, for whoever tunes."""
    lines = [f"{each.pair.name}: missed {label.type} {label.name}" for each in many for label in each.missed]
    for each in many:
        for change in each.told:
            if not each.is_labelled(change) and (change.confidence >= SURE or change in each.alarming):
                shown = f"{(change.before or '-')[:70]!r} -> {(change.after or '-')[:70]!r}"
                told = f"{change.severity.word} {change.confidence:.2f} {change.type} {change.key[:60]} {shown}"
                lines.append(f"{each.pair.name}: {told}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=None, help="of the generated noise; drawn and printed if not given")
    parser.add_argument("--noise", type=int, default=200, help="how many pairs to generate")
    parser.add_argument("--misses", action="store_true", help="list what was missed and what was wrong")
    options = parser.parse_args()
    real = [judged(pair) for pair in labelled()]
    print(recall(real), sureness(real), false_changes(real, "replay"), sep="\n\n")
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    noise = [judged(pair) for pair in generated(options.noise, seed)]
    print("", false_changes(noise, f"generated noise, seed {seed}"), sep="\n")
    if options.misses:
        print("", misses(real), misses(noise), sep="\n")


if __name__ == "__main__":
    main()

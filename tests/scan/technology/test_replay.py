"""Versions on labelled real pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.scan.technology.detect import detect
from tests.scan.technology.pages import page_of, replayed


def plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower().removesuffix(".js"))


@pytest.mark.shared_data
def test_versions_that_labels_name_are_seen(shared_data: Path) -> None:
    misses, labels = [], 0
    for name, expected, before, after in replayed(shared_data):
        seen = {
            key: {plain(found.name): found.version for found in detect(response, page_of(response))}
            for key, response in (("from", before), ("to", after))
        }
        for change in expected["expected"]:
            if not change["type"].startswith("technology_"):
                continue
            for key in {"from", "to"} & change.keys():
                labels += 1
                if seen[key].get(plain(change["name"])) != change[key]:
                    misses.append((name, key, change, seen[key].get(plain(change["name"]))))
    print(f"{labels - len(misses)} of {labels} labelled versions", *misses, sep="\n")
    assert labels >= 50
    assert len(misses) <= 0.05 * labels


@pytest.mark.shared_data
def test_pages_without_a_change_show_the_same_technologies(shared_data: Path) -> None:
    for name, expected, before, after in replayed(shared_data):
        if not expected["expected"]:
            seen = [{(each.name, each.version) for each in detect(side, page_of(side))} for side in (before, after)]
            assert seen[0] == seen[1], name

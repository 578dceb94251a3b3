"""Which rules can tell of a target: what is about the target decides, what is about changes may come out either way."""

from __future__ import annotations

import pytest

from core.model.target import Target, TargetClass
from core.query.filters import Scope, parse, scope_of

SHOP = Target("Shop EU", "https://shop.test/", tags=("shop", "eu"), owner="ops", target_class=TargetClass.VENDOR)


@pytest.mark.parametrize(
    ("when", "reaches", "terms"),
    [
        ("", True, ()),
        ("severity>=high", True, ()),
        ("tag:shop severity>=high", True, ("tag:shop",)),
        ("tag:cms severity>=high", False, ("tag:cms",)),
        ("-tag:shop", False, ("-tag:shop",)),
        ("-tag:cms", True, ("-tag:cms",)),
        ("tag:cms or class:vendor", True, ("class:vendor",)),
        ("tag:cms or severity>=high", True, ()),
        ("tag:cms or owner:me", False, ("tag:cms", "owner:me")),
        ("(tag:shop or tag:cms) type:technology.*", True, ("tag:shop",)),
        ('target:"Shop EU" down', True, ('name:"Shop EU"',)),
        ("shop", True, ("shop",)),
        ("elsewhere", True, ()),
        ("-shop", False, ("-shop",)),
        ("-(tag:shop type:content.*)", True, ()),
        ("url~test state:confirmed", True, ('url~"test"',)),
    ],
)
def test_a_filter_reaches_a_target_unless_nothing_can_pass(when: str, reaches: bool, terms: tuple[str, ...]) -> None:
    assert scope_of(parse(when, "changes"), SHOP) == Scope(reaches, terms)

"""A ledger file becomes records, or tells what is wrong with it, in which line, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.claims import read_ledger
from tocsin.errors import FeedError

ROOT = Path(__file__).parents[3]
GOOD = """
[[claim]]
key = "c"
proposition = "cargo moved"
speaker = "s"
rests_on = ["i", "USA/USA-9"]
cites = ["a paper"]

[[item]]
key = "i"
title = "image"
media = "image/png"
basis = "own"
"""
JUDGED = """[[judgement]]
key = "j"
claim = "c"
scale = "phia"
word = "sure"

"""


def read(text):
    return read_ledger(text, name="ledger.toml", member="KOR")


def test_an_entry_comes_after_what_it_names_wherever_it_stands_in_the_file():
    item, claim = read(GOOD)
    assert (item.kind, claim.kind) == ("claims.item", "claims.claim")
    assert [str(ref) for ref in claim.refs] == ["KOR/KOR-claims-i", "USA/USA-9"]
    assert (claim.line, item.line, claim.cites) == (2, 9, ("a paper",))


def test_items_that_rest_on_each_other_in_a_circle_are_refused():
    circle = """
        [[item]]
        key = "a"
        title = "a"
        media = "m"
        basis = "derived"
        derived_from = ["b"]
        [[item]]
        key = "b"
        title = "b"
        media = "m"
        basis = "derived"
        derived_from = ["a"]
    """
    with pytest.raises(FeedError, match=r"in a circle: [ab], [ab]"):
        read(circle)


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("[[claim]]", "[[claims]]"), None, "unknown table claims"),
        (('key = "c"\n', ""), 2, "a claim without a key"),
        (('key = "i"', 'key = "c"'), 9, "was given before, in line 2"),
        (("speaker", "speeker"), 2, "claim c: unknown field speeker"),
        (('basis = "own"', 'basis = "seen"'), 9, "item i: Invalid enum value 'seen'"),
        (('basis = "own"', 'basis = "derived"'), 9, "names what it is derived from"),
        (('"USA/USA-9"', '"usa/9"'), 2, "'usa/9' names no entry"),
        (('"cargo moved"', '""'), 2, "a claim has a proposition"),
        (('"s"\n', '"s\n'), None, "no TOML"),
        (("[[item]]", "[item]"), None, "item is no list of tables"),
        (("[[item]]", JUDGED + "[[item]]"), 9, "'sure' is no word of phia"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(change, line, says):
    with pytest.raises(FeedError, match=".*".join(says.split())) as caught:
        read(GOOD.replace(*change))
    assert caught.value.line == line
    assert caught.value.advice
    assert str(caught.value).startswith("ledger.toml" + (f", line {line}" if line else ""))


def test_the_example_is_fourteen_movements_with_their_denials():
    entries = read((ROOT / "examples" / "cargo-movements.toml").read_text())
    assert sum(entry.key.startswith("ev0") for entry in entries) == 14
    names = {str(ref) for entry in entries for ref in entry.refs}
    assert names <= {f"KOR/KOR-claims-{entry.key}" for entry in entries}


EVIDENCE = """
[[claim]]
key = "c"
proposition = "cargo moved"
speaker = "s"
[[movement]]
key = "m"
title = "t"
vessels = ["v"]
[[movement.legs]]
mode = "sea"
basis = "seen"
origin = { name = "Rajin", wpi = 60510 }
rests_on = ["c", "USA/USA-9"]
[[vessel]]
key = "v"
[[vessel.identities]]
what = "imo"
value = "9179842"
basis = "registered"
source = "s"
"""


def test_parts_of_an_entry_name_others_too():
    entries = {entry.key: entry for entry in read(EVIDENCE)}
    assert [str(ref) for ref in entries["m"].refs] == ["KOR/KOR-claims-v", "KOR/KOR-claims-c", "USA/USA-9"]
    assert list(entries).index("m") > max(list(entries).index("c"), list(entries).index("v"))


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("wpi =", "wpj ="), 6, "movement m: unknown field legs.origin.wpj"),
        (("value =", "valeu ="), 15, "vessel v:"),
        (("source =", "sauce ="), 15, "vessel v:"),
        (("9179842", "9179843"), 15, "its check digit is wrong"),
        (('["c",', '["c d",'), 6, "'c d' names no entry"),
    ],
)
def test_what_is_wrong_in_a_part_is_told_with_its_line(change, line, says):
    with pytest.raises(FeedError, match=says) as caught:
        read(EVIDENCE.replace(*change))
    assert caught.value.line == line

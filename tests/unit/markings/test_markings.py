from __future__ import annotations

import pytest

from tocsin.errors import MarkingError, StatusMixError
from tocsin.markings import (
    Marking,
    PublicWarning,
    Tlp,
    combine,
    combine_status,
    derive,
    is_within,
    marking_for,
    status_class,
    unknown_caveats,
)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"releasable_to": ("KOR", "JPN")}, "sorted"),
        ({"releasable_to": ("JPN", "JPN")}, "without doubles"),
        ({"releasable_to": ("jpn",)}, "three capital letters"),
        ({"releasable_to": ("JPN-KOR",)}, "three capital letters"),
        ({"releasable_to": ("JPN", "PUBLIC")}, "PUBLIC stands alone"),
        ({"releasable_to": ("JPN",), "caveats": ("b",)}, "capitals"),
        ({"releasable_to": ("JPN",), "caveats": ("B", "A")}, "caveats must be sorted"),
        ({"releasable_to": ("JPN",), "caveats": ("A", "A")}, "without doubles"),
    ],
)
def test_a_marking_that_contradicts_itself_is_refused(fields, says):
    with pytest.raises(MarkingError, match=says):
        Marking(**fields)


def test_audience_and_who_is_in_it():
    marking = marking_for("USA", "JPN", "USA")
    assert marking.audience == "JPN-USA"
    assert marking.allows(["JPN"])
    assert marking.allows(["JPN", "USA"])
    assert not marking.allows(["JPN", "KOR"])
    assert marking_for("PUBLIC").allows(["KOR", "XXX"])


def test_combining_takes_the_narrower_of_each():
    first = Marking(
        releasable_to=("JPN", "KOR", "USA"), public_warning=PublicWarning.YES, tlp=Tlp.GREEN, caveats=("ORCON",)
    )
    second = Marking(releasable_to=("JPN", "USA"), public_warning=PublicWarning.ASK, tlp=Tlp.AMBER, caveats=("X",))
    assert combine(first, second) == Marking(
        releasable_to=("JPN", "USA"), public_warning=PublicWarning.ASK, tlp=Tlp.AMBER, caveats=("ORCON", "X")
    )
    assert combine(marking_for("PUBLIC"), marking_for("JPN")).audience == "JPN"
    assert combine(marking_for("JPN"), marking_for("PUBLIC")).audience == "JPN"
    assert combine(marking_for("JPN"), marking_for("KOR")).releasable_to == ()


def test_deriving():
    all_three, two = marking_for("JPN", "KOR", "USA"), marking_for("JPN", "KOR")
    assert derive("JPN", [all_three, two]) == two
    with pytest.raises(MarkingError, match="at least one source"):
        derive("JPN", [])
    with pytest.raises(MarkingError, match="USA may not have every source: JPN-KOR"):
        derive("USA", [two])
    with pytest.raises(MarkingError, match="nobody may"):
        derive("JPN", [marking_for("JPN"), marking_for("KOR")])


@pytest.mark.parametrize("caveat", ["ORCON", "NEVER-HEARD-OF"])
def test_what_derives_from_a_caveat_stays_with_the_member(caveat):
    source = Marking(releasable_to=("PUBLIC",), public_warning=PublicWarning.YES, caveats=(caveat,))
    assert derive("JPN", [source]) == Marking(releasable_to=("JPN",), caveats=(caveat,))


def test_which_caveats_are_unknown():
    assert unknown_caveats(Marking(releasable_to=("JPN",), caveats=("ORCON", "X9"))) == ("X9",)


def test_within():
    assert is_within(marking_for("JPN"), marking_for("JPN", "KOR"))
    assert not is_within(marking_for("JPN", "KOR"), marking_for("JPN"))
    assert not is_within(Marking(releasable_to=("JPN",), tlp=Tlp.CLEAR), Marking(releasable_to=("JPN",), tlp=Tlp.RED))


def test_statuses():
    assert [status_class(status) for status in ("actual", "test", "exercise:ulchi-26")] == [
        "actual", "test", "exercise",
    ]  # fmt: skip
    for wrong in ("", "Actual", "exercise", "exercise:", "exercise:A", "exercise:a b", "exercise:" + "a" * 65):
        with pytest.raises(StatusMixError, match="is no status"):
            status_class(wrong)


def test_an_exercise_claims_what_it_touches_and_a_test_touches_nothing():
    assert combine_status("actual", "actual") == "actual"
    assert combine_status("actual", "exercise:a") == combine_status("exercise:a", "actual") == "exercise:a"
    for first, second in [("exercise:a", "exercise:b"), ("test", "actual"), ("exercise:a", "test")]:
        with pytest.raises(StatusMixError, match="may never be combined"):
            combine_status(first, second)


def test_a_long_list_of_members_is_checked_and_not_remembered():
    codes = tuple(sorted(f"{a}{b}{c}" for a in "ABCD" for b in "ABCD" for c in "ABCD"))
    assert Marking(releasable_to=codes).allows(["ABC"])
    with pytest.raises(MarkingError, match="sorted"):
        Marking(releasable_to=codes[::-1])

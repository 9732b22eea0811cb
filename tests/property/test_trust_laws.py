"""Laws of the roster: whatever is offered in whatever order, only what a model of the rules allows comes in.

The model is a list of what was listed when and what was taken back; it knows nothing of how ``Trust`` keeps it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.codec import encode
from tocsin.errors import ExpiredError, RollbackError, SignatureError, ThresholdError, TrustError
from tocsin.exchange import ForeignChains, NoMemory, Rejected
from tocsin.exchange.admission import Entry, admit
from tocsin.exchange.frames import Place, seal_frame
from tocsin.records import ChainId, Precedence
from tocsin.signing import (
    KeyRevocation,
    KeyRole,
    LastHead,
    LinkIdentity,
    Roster,
    RosterMember,
    SignedDocument,
    Trust,
    unsigned,
)
from tocsin.testing.federation import START, key_of, make_detection

CODES = ("JPN", "KOR", "USA")
SERIALS = (0, 1)
HOURS = (0, 1, 3, 6)
NUMBERS = (1, 2)
HERE = "USA"
AUDIENCE = "-".join(CODES)


def at(hour: int):
    return START + timedelta(hours=hour)


@cache
def frame(code: str, serial: int, hour: int, number: int) -> bytes:
    """Return a frame of status test that a member sealed with one of its keys at some hour."""
    record = make_detection(f"{code}-{serial}-{hour}-{number}", code, CODES)
    chain = ChainId(code, AUDIENCE, "test", Precedence.FLASH)
    place = Place(chain, "E", number, "" if number == 1 else "0" * 64, None, at(hour) + timedelta(minutes=30))
    return seal_frame(place, [encode(record)], key_of(code, KeyRole.TEST, serial), bytes).data


def member(code: str, serials: frozenset[int], roster_serial: int) -> RosterMember:
    keys = (key_of(code, KeyRole.ROSTER, roster_serial), *(key_of(code, KeyRole.TEST, one) for one in sorted(serials)))
    return RosterMember(code=code, name=code, keys=tuple(key.public for key in keys), link=LinkIdentity(certificate=""))


places = st.tuples(st.frozensets(st.sampled_from(SERIALS)), st.sampled_from(SERIALS)) | st.none()
edits = st.dictionaries(st.sampled_from(CODES), places, max_size=2)
"""By member: the serials of its test keys and of its roster key in the next roster; None if it is not in it."""


class World:
    """One member that is offered rosters and revocations, good and bad, and starts again now and then."""

    def __init__(self) -> None:
        listed = {code: (frozenset({0}), 0) for code in CODES}
        document = self._signed(self._roster(listed, 1, "", 0), {(code, 0) for code in CODES})
        self.trust = Trust(document)
        self.hour = 0
        self.listed = [(0, listed)]
        self.documents = [document]
        self.revoked: dict[str, KeyRevocation] = {}
        self.obeyed: list[SignedDocument] = []

    def _roster(self, listed, version: int, previous: str, hour: int) -> Roster:
        return Roster(
            federation="law", version=version, previous=previous, issued_at=at(hour), expires_at=at(10_000), links=(),
            members=tuple(member(code, *listed[code]) for code in sorted(listed)),
        )  # fmt: skip

    def _signed(self, roster: Roster, by) -> SignedDocument:
        document = unsigned(roster)
        for code, serial in sorted(by):
            document = document.signed_by(code, key_of(code, KeyRole.ROSTER, serial))
        return document

    def wait(self, hours: int) -> None:
        self.hour = min(self.hour + hours, max(HOURS))

    def offer(self, edits, absent, ahead: int, fork: bool) -> None:
        in_force = self.listed[-1][1]
        listed = {code: place for code, place in (in_force | edits).items() if place is not None}
        if not listed:
            return
        by = {(code, of[code][1]) for of in (in_force, listed) for code in of if code not in absent}
        version = max(len(self.listed) + ahead, 2)
        ahead = version - len(self.listed)
        previous = "f" * 64 if fork else self.trust.document.hash
        document = self._signed(self._roster(listed, version, previous, self.hour), by)
        before = (self.trust.document, self.trust.rosters)
        if self._may_come(listed, by, ahead, is_fork=fork):
            self.trust.apply(document, now=at(self.hour))
            self.listed.append((self.hour, listed))
            self.documents.append(document)
        else:
            with pytest.raises((RollbackError, ThresholdError, ExpiredError, TrustError)):
                self.trust.apply(document, now=at(self.hour))
            assert (self.trust.document, self.trust.rosters) == before

    def _may_come(self, listed, by, ahead: int, *, is_fork: bool) -> bool:
        _, in_force = self.listed[-1]

        def signs(code, of) -> bool:
            key = key_of(code, KeyRole.ROSTER, of[code][1])
            return (code, of[code][1]) in by and key.keyid not in self.revoked

        agreed = [code for code in in_force if signs(code, in_force)]
        joins = set(listed) - set(in_force)
        return (
            ahead == 1
            and not is_fork
            and len(agreed) > len(in_force) / 2
            and all(signs(code, listed) for code in joins)
        )

    def offer_again(self, index: int) -> None:
        document = self.documents[index % len(self.documents)]
        with pytest.raises(RollbackError):
            self.trust.apply(document, now=at(self.hour))

    def revoke(self, code: str, serial: int, upto: int, by, ago: int) -> None:
        dated = self.hour - ago
        by = (by[0] or code, by[1])
        keyid = key_of(code, KeyRole.TEST, serial).keyid
        heads = (
            (LastHead(audience=AUDIENCE, status="test", precedence="flash", epoch="E", number=upto),) if upto else ()
        )
        word = KeyRevocation(member=code, keyid=keyid, revoked_at=at(dated), last_heads=heads)
        document = unsigned(word).signed_by(code, key_of(by[0], KeyRole.ROSTER, by[1]))
        if keyid in self.revoked:
            assert self.trust.revoke(document) == self.revoked[keyid]
        elif self._may_revoke(code, serial, by):
            self.revoked[keyid] = self.trust.revoke(document)
            self.obeyed.append(document)
        else:
            with pytest.raises(SignatureError):
                self.trust.revoke(document)

    def _may_revoke(self, code: str, serial: int, by) -> bool:
        had = [(hour, listed[code]) for hour, listed in self.listed if code in listed]
        if by[0] != code or not any(serial in serials for _, (serials, _) in had):
            return False
        is_good = key_of(code, KeyRole.ROSTER, by[1]).keyid not in self.revoked
        return is_good and any(roster_serial == by[1] for _, (_, roster_serial) in had)

    def revoke_roster_key(self, code: str, serial: int) -> None:
        key = key_of(code, KeyRole.ROSTER, serial)
        in_force = self.listed[-1][1]
        if key.keyid in self.revoked or in_force.get(code, (None, None))[1] != serial:
            return
        word = KeyRevocation(member=code, keyid=key.keyid, revoked_at=at(self.hour), last_heads=())
        document = unsigned(word).signed_by(code, key)
        self.revoked[key.keyid] = self.trust.revoke(document)
        self.obeyed.append(document)

    def restart(self) -> None:
        """Start from what lies on the disk: the rosters in order, then the revocations in the order of admission."""
        read = [msgspec.json.decode(msgspec.json.encode(each), type=SignedDocument) for each in self.documents]
        self.trust = Trust(read[0], read[1:])
        for document in self.obeyed:
            self.trust.revoke(document)

    def _left_out(self, is_listed) -> int | None:
        """Return the hour of the roster that left something out for good; None if it is in force or never was."""
        places = [place for place, (_, listed) in enumerate(self.listed) if is_listed(listed)]
        if not places or places[-1] == len(self.listed) - 1:
            return None
        return self.listed[places[-1] + 1][0]

    def only_what_the_rules_allow_comes_in(self) -> None:
        for code in CODES:
            for serial in SERIALS:
                for hour in HOURS:
                    for number in NUMBERS:
                        assert self._comes_in(code, serial, hour, number) == self._may(code, serial, hour, number)

    def _may(self, code: str, serial: int, hour: int, number: int) -> bool:
        def is_listed(listed) -> bool:
            return code in listed and serial in listed[code][0]

        if not any(is_listed(listed) for _, listed in self.listed):
            return False
        left = self._left_out(is_listed)
        if (
            left is not None and hour > left
        ):  # sealed half an hour after its hour; a key retires an hour after the roster
            return False
        revocation = self.revoked.get(key_of(code, KeyRole.TEST, serial).keyid)
        return revocation is None or any(number <= head.number for head in revocation.last_heads)

    def _comes_in(self, code: str, serial: int, hour: int, number: int) -> bool:
        entry = Entry(
            member=HERE, via="JPN", path="durable", now=at(hour), max_bytes=100_000, clock_tolerance_s=5.0
        )  # fmt: skip
        found = admit(frame(code, serial, hour, number), self.trust, ForeignChains(NoMemory()), entry)
        return not isinstance(found, Rejected)


codes, serials = st.sampled_from(CODES), st.sampled_from(SERIALS)
offers = st.builds(
    dict, do=st.just("offer"), edits=edits, absent=st.just(frozenset()) | st.frozensets(codes),
    ahead=st.sampled_from((1, 1, 1, 1, 0, 2)), fork=st.sampled_from((False, False, False, True)),
)  # fmt: skip
revocations = st.builds(
    dict, do=st.just("revoke"), code=codes, serial=serials, upto=st.sampled_from((0, 1)),
    by=st.tuples(codes | st.none(), serials), ago=st.sampled_from((0, 0, 1, 3)),
)  # fmt: skip
others = (
    st.builds(dict, do=st.just("wait"), hours=st.sampled_from((1, 2)))
    | st.builds(dict, do=st.just("restart"))
    | st.builds(dict, do=st.just("offer_again"), index=st.integers(0, 9))
    | st.builds(dict, do=st.just("revoke_roster_key"), code=codes, serial=serials)
)


@given(st.lists(offers | offers | revocations | others, min_size=4, max_size=16))
@settings(max_examples=150, deadline=None)
def test_no_sequence_lets_in_what_the_rules_do_not_allow(actions) -> None:
    world = World()
    for action in actions:
        fields = dict(action)
        getattr(world, fields.pop("do"))(**fields)
    world.only_what_the_rules_allow_comes_in()
    world.restart()
    world.only_what_the_rules_allow_comes_in()

"""A node that changes while it runs: the next roster, a key taken back, its own TOML, keys and certificates.

All or nothing: what is wrong with a change is found before anything of it is in force. What is left to do then (a link
that has to come up, a copy that has to be made) goes on by itself, and ``tocsin status`` shows it.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from tocsin.bus import BusConfig, Cursor, PeerLink
from tocsin.bus.config import LANES
from tocsin.bus.names import copy_stream
from tocsin.codec import encode
from tocsin.errors import BusError, ConfigError, NotReleasableError, TocsinError
from tocsin.exchange import reachable
from tocsin.markings import marking_for
from tocsin.node.config import MemberConfig, read_config
from tocsin.node.desks import DeskContext, OpenDesk, open_warning
from tocsin.node.differences import config_changes, require_changeable
from tocsin.node.node import Node
from tocsin.node.resuming import resume
from tocsin.node.rosters import put_in_force
from tocsin.node.wiring import bus_config, load_keys, require_own_link
from tocsin.records import Peer, Precedence, Revocation, with_body
from tocsin.signing import KeyRevocation, SignedDocument, Trust, differences, expires_at

CONFIG_FILE = "member.toml"
_READ_TO_END_S = 5.0
_FLUSHED_S = 5.0
_LINK_BACK_S = 10.0
_LOOK_EVERY_S = 0.1

log = structlog.get_logger()


class Changes:
    """Changes one running node, one change at a time.

    Args:
        node: It has started.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._one_at_a_time = asyncio.Lock()
        self._certificate = _digest([node.bus.config.certificate_file, node.bus.config.key_file])
        self._links = {peer.code: _link_digest(peer) for peer in node.bus.config.peers}

    async def apply_roster(self, document: SignedDocument) -> list[str]:
        """Put the next roster in force, and what the member's files say now with it; say in words what changed.

        Raises:
            TrustError: It does not follow from the one in force, or too few have signed.
            ConfigError: This member's keys, certificates or server do not fit it.
            BusError: The own server does not answer.
        """
        async with self._one_at_a_time:
            return await self._change(read_config(self._file), document)

    async def reload(self) -> list[str]:
        """Read the member's TOML, keys and certificates again; say in words what changed.

        Raises:
            ConfigError: A file is wrong, or names what cannot change while the node runs; nothing has changed then.
            BusError: The own server does not answer.
        """
        async with self._one_at_a_time:
            return await self._change(read_config(self._file), None)

    async def part_from_left(self) -> list[str]:
        """Part from members that left while this node was stopped: read what their links had brought, then clear up.

        Raises:
            BusError: The own server does not answer.
            StoreError: The store cannot be read.
        """
        async with self._one_at_a_time:
            bus, links = self._node.bus, self._node.store.links
            left = {}
            for code in await bus.shelf.left():
                streams = [copy_stream(code, lane) for lane in LANES]
                known = {kept.stream: kept for stream in streams if (kept := links.cursor(stream)) is not None}
                bus.readers.add(code, {name: Cursor(name, kept.created, kept.seq) for name, kept in known.items()})
                left[code] = await bus.readers.read_to_end(code, timeout_s=_READ_TO_END_S)
                await bus.readers.drop(code)
            return _logged(await self._part_from(left))

    async def revoke(self, document: SignedDocument) -> list[str]:
        """Take back a key here at once, and tell every member of it; say in words what was done.

        Raises:
            TrustError: The revocation is not signed by the key's owner, or the owner has no such key.
        """
        async with self._one_at_a_time:
            self._node.finish()  # what was accepted is sealed while the key still may
            revocation = self._node.exchange.trust.revoke(document)
            told = [f"key {revocation.keyid[:16]} of {revocation.member} counts no more beyond its last heads"]
            told.append(self._tell_of(document, revocation))
            return _logged(told)

    # -- inside -----------------------------------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return self._node.config.home / CONFIG_FILE

    async def _change(self, config: MemberConfig, document: SignedDocument | None) -> list[str]:
        node = self._node
        require_changeable(node.config, config)
        trust = copy.copy(node.exchange.trust)
        if document is not None:
            trust.apply(document, now=node.clock.now())
        if trust.roster.member(node.member) is None:
            raise ConfigError(
                f"{node.member} is not in this roster any more",
                advice="Stop the node: the other members take nothing more from it. Its store stays readable",
            )
        keys = load_keys(config, trust.roster)
        desk = self._new_desk(config)
        former = node.bus.config
        try:
            wired = bus_config(config, trust.roster)
            if node.server is not None:  # an external server's files need not be readable here
                require_own_link(config, trust.roster)
                self._require_valid_certificate(wired)
            left = await self._read_what_left(former, wired)
            if node.server is not None:
                await node.server.reload(wired)
            if document is not None:
                put_in_force(config, document)
        except TocsinError:
            await self._undo(former)
            raise
        told = self._words(config, trust)
        # from here on to the first await nothing else runs: what is sealed goes either the old way or the new one
        node.finish()
        if document is not None:
            node.exchange.trust.apply(document, now=node.clock.now())
        node.exchange.policy = config.exchange
        for key in keys.values():
            node.exchange.use_key(key)
        node.config = config
        told += await self._renew_desk(desk)
        try:
            await node.take_up(wired)
            told += await self._part_from(left)
            told += await self._renew_links(former, wired)
        except BusError as error:
            told.append(f"in force, but the own server does not keep up: {error}; it is tried again")
        await self._settle_routed()
        node.read_again()
        return _logged(told or ["nothing changed"])

    def _new_desk(self, config: MemberConfig) -> OpenDesk | None:
        """Return the desk of warning that a change asks for, if it does."""
        node = self._node
        if config.warning == node.config.warning:
            return None
        return open_warning(DeskContext(node.member, config, node.new_id))

    async def _renew_desk(self, desk: OpenDesk | None) -> list[str]:
        """Let another desk of warning, if there is one, go on where this one is; say in words what was done."""
        node = self._node
        if desk is None:
            return []
        if node.config.node.desks == "apart":
            return ["the desks run apart: they take it up when `tocsin up --part desks` is started again"]

        async def go_on() -> None:
            with suppress(TimeoutError):  # a full disk holds no warning up
                async with asyncio.timeout(_FLUSHED_S):
                    await node.keeper.flush()
            span_s, now = node.config.node.resume_s, node.clock.now()
            await asyncio.to_thread(resume, [desk], node.store, span_s=span_s, now=now)

        await node.desks.renew(desk, go_on)
        return ["the desk of warning began anew and went on with what was under way"]

    async def _undo(self, former: BusConfig) -> None:
        """Put back what was written for a change that is not to be."""
        node = self._node
        bus_config(node.config, node.exchange.trust.roster)
        if node.server is not None:
            with suppress(TocsinError):  # what went wrong first is what is told
                await node.server.reload(former)

    def _words(self, config: MemberConfig, trust: Trust) -> list[str]:
        node = self._node
        former, told = node.exchange.trust.roster, []
        if trust.roster is not former:
            told.append(f"roster version {trust.roster.version} is in force, until {trust.roster.expires_at:%Y-%m-%d}")
            told += differences(former, trust.roster)
        told += config_changes(node.config, config)
        if node.server is None and trust.roster is not former:
            told.append(
                "this member's server is its own: put what `tocsin config nats` prints into its configuration and "
                "reload it twice (in a cluster, each server); links of members that left stay up until then"
            )
        return told

    def _require_valid_certificate(self, wired: BusConfig) -> None:
        """Refuse a new certificate that has expired; an old one is no reason to refuse a roster."""
        path = Path(wired.certificate_file)
        end = expires_at(path.read_bytes())
        if end <= self._node.clock.now() and _digest([wired.certificate_file, wired.key_file]) != self._certificate:
            raise ConfigError(f"this link certificate expired on {end:%Y-%m-%d}", path=str(path))

    async def _read_what_left(self, former: BusConfig, wired: BusConfig) -> dict[str, bool]:
        """Read the copies of peers that leave to their end; say of which it was done."""
        left = {}
        for code in sorted({peer.code for peer in former.peers} - {peer.code for peer in wired.peers}):
            try:
                await self._until_copied(code)
                left[code] = await self._node.bus.readers.read_to_end(code, timeout_s=_READ_TO_END_S)
            except BusError as error:
                log.warning("copy not read to its end", peer=code, error=str(error))
                left[code] = False
        return left

    async def _until_copied(self, code: str) -> None:
        """Give our copies of a peer's outboxes a moment to have all that is known to lie there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_READ_TO_END_S):
                while True:
                    state = (await self._node.bus.links())[code]
                    if not state.connected or not (state.main.copy_lag or state.bulk.copy_lag):
                        return
                    await asyncio.sleep(_LOOK_EVERY_S)

    async def _part_from(self, left: dict[str, bool]) -> list[str]:
        node = self._node
        told = []
        for code, is_read in left.items():
            self._links.pop(code, None)
            await node.bus.kick_link(code)  # a link that is up outlives its key
            await node.keeper.flush()
            if is_read:
                await node.bus.part_from(code)
                told.append(f"the link to {code} is cut, its copy was read to its end, its outbox is emptied")
            else:
                told.append(f"the link to {code} is cut; its copy was not read to its end and is kept")
            for unacked in node.store.links.unacked():
                if unacked.hop == code:
                    node.keeper.acked(unacked.ref.hash, code)
        return told

    async def _renew_links(self, former: BusConfig, wired: BusConfig) -> list[str]:
        """Cut the links whose keys or certificates are new, one after the other, so that each proves itself at once."""
        certificate = _digest([wired.certificate_file, wired.key_file])
        is_new = certificate != self._certificate
        self._certificate = certificate
        known, self._links = self._links, {peer.code: _link_digest(peer) for peer in wired.peers}
        codes = [
            peer.code for peer in former.peers
            if peer.code in self._links and (is_new or known.get(peer.code) != self._links[peer.code])
        ]  # fmt: skip
        told = ["the link certificate is new"] if is_new else []
        for place, code in enumerate(codes):
            problem = await self._cut_and_wait(code)
            if problem:
                rest = ", ".join(codes[place + 1 :])
                told.append(f"the link to {code} did not come back within {_LINK_BACK_S:g} s: {problem}")
                if rest:
                    told.append(f"the links to {rest} were left as they are; they take it up when they are made anew")
                break
            told.append(f"the link to {code} was made anew and is up")
        return told

    async def _settle_routed(self) -> None:
        """Forget of records on their way that no link led to a member, where one does now: it asks for them (7.4)."""
        node = self._node
        roster = node.exchange.trust.roster
        for number, item in enumerate(node.store.links.held()):
            held = item.held
            if held.reason != "no_route" or not isinstance(held.destination, Peer):
                continue
            found = node.store.find(held.record_id, originator=node.member)
            if found is None:
                continue
            marking, chain = found.admitted.record.marking, found.admitted.frame.chain
            is_sent = chain.audience == marking.audience  # else nobody was reached, and it lies in our own chain
            if is_sent and held.destination.code in reachable(roster, node.member, marking.releasable_to):
                node.keeper.settled(held.record_id, held.destination)
            if number % 50 == 0:
                await asyncio.sleep(0)  # there may be thousands

    async def _cut_and_wait(self, code: str) -> str:
        """Cut a link and wait until it is back and both copies hear of their outboxes; say why if it is not."""
        bus = self._node.bus
        before = (await bus.links())[code]
        if not before.connected:
            return ""  # it takes up what is new when it comes
        await bus.kick_link(code)
        problem = "the peer has not called"
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINK_BACK_S):
                while True:
                    state = (await bus.links())[code]
                    lanes = ((before.main, state.main), (before.bulk, state.bulk))
                    if all(now.connected and now.since != then.since for then, now in lanes):
                        return ""
                    problem = state.problem or problem
                    await asyncio.sleep(_LOOK_EVERY_S)
        return problem

    def _tell_of(self, document: SignedDocument, revocation: KeyRevocation) -> str:
        node = self._node
        everyone = node.exchange.trust.roster.codes
        body = Revocation(document=encode(document).decode())
        for status in ("actual", "test"):  # with whichever key still counts
            record = with_body(
                "exchange.revocation", body, id=f"revocation-{revocation.keyid[:16]}-{node.new_id()[:16]}",
                originator=node.member, marking=marking_for(*everyone), status=status,
                precedence=Precedence.IMMEDIATE, issued_at=node.clock.now(),
            )  # fmt: skip
            try:
                outgoing = node.issue([record], at_once=True)
            except NotReleasableError as error:
                log.warning("cannot tell of a revocation", status=status, error=str(error))
                continue
            sent = sorted({released.destination.code for released in outgoing.sends})
            return f"the revocation is on its way to {', '.join(sent) or 'nobody: no link'}"
        return (
            "no key is left here that could sign the order: hand the document to the other members, and keep it for "
            "this one's next start"
        )


def _logged(told: list[str]) -> list[str]:
    for words in told:
        log.info("changed", what=words)
    return told


def _link_digest(peer: PeerLink) -> str:
    seeds = [keys.seed_file for keys in (peer.main, peer.bulk)]
    files = [peer.certificate_file, *(seed for seed in seeds if seed is not None)]
    return hashlib.sha256(repr(peer).encode()).hexdigest() + _digest(files)


def _digest(files: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for file in files:
        with suppress(OSError):  # an external server's files need not be readable here
            whole.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return whole.hexdigest()

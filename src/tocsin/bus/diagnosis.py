"""Why a link is not up, read from the embedded server's log and said in words.

The log names a link by connection number, account or address; a stranger's certificate by its common name, which
anybody can choose: good enough to tell an operator where to look, never a ground for trust.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tocsin.bus import names
from tocsin.bus.config import LANES, BusConfig
from tocsin.bus.in_force import ConfigInForce

_CONNECTION = re.compile(r"lid:(\d+) - (.*)")
_ACCOUNT = re.compile(r"Leafnode connection created for account: (\S+)")
_DIALLED = re.compile(r'Error trying to connect as leafnode to remote server "([^"]+)" .*?: (.*)')
_REFUSED_KEY = re.compile(r'authentication error - Nkey "(\w+)"')
_COMMON_NAME = re.compile(r"\(CN=(\w+)")
_HUNG_UP = re.compile(r"Leafnode connection closed: (?:Read Error|Write Error|Client Closed|Stale Connection)")
"""A link that had been up would have the server's name behind it."""
_HANDSHAKE = "TLS leafnode handshake error: "
_CHUNK = 4 * 1024 * 1024

_WORDS = (
    ("certificate has expired", "the peer's certificate has expired or is not valid yet"),
    ("unknown authority", "the peer's certificate is not the one that we know, nor of an authority that we know"),
    ("certificate is valid for", "the peer's certificate is for another address"),
    ("doesn't contain any ip sans", "the peer's certificate is for another address"),
    ("didn't provide a certificate", "the peer came without a certificate"),
    ("remote error: tls: expired certificate", "the peer says that our certificate has expired"),
    ("remote error: tls: unknown certificate authority", "the peer does not know our certificate authority"),
    ("remote error: tls: bad certificate", "the peer refuses our certificate"),
    ("authorization violation", "the peer refuses our link key"),
    ("connection refused", "nothing listens at the peer's address"),
    ("i/o timeout", "the peer's address does not answer"),
    ("no route to host", "there is no route to the peer's address"),
    ("no such host", "the name of the peer's address is unknown"),
)


class LinkDiagnosis:
    """Follows the server's log and remembers the last trouble of each link.

    Args:
        in_force: The member's bus.
        log_file: What the server writes.
    """

    def __init__(self, in_force: ConfigInForce, log_file: Path) -> None:
        self._in_force = in_force
        self._known: BusConfig | None = None
        self._log_file = log_file
        self._offset = 0
        self._rest = ""
        self._codes: set[str] = set()
        self._dialled: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._links: dict[str, str] = {}
        """Peer by connection number, for links that we dialled."""
        self._troubles: dict[str, str] = {}
        self._stranger = ""

    def trouble(self, peer: str, *, dials_us: bool) -> str:
        """Return the last trouble with a peer's link in words, or nothing if none was logged.

        Args:
            peer: Its code.
            dials_us: A refused caller whom nobody can name may then be this peer.
        """
        self._read()
        found = self._troubles.get(peer, "")
        if not found and dials_us:
            return self._stranger
        return found

    def _learn(self) -> None:
        config = self._in_force.config
        if config is self._known:
            return
        self._known = config
        self._codes = {peer.code for peer in config.peers}
        self._dialled = {address: peer.code for peer in config.peers for address in peer.addresses}
        self._accounts = {names.link_account(peer.code, lane): peer.code for peer in config.peers for lane in LANES}
        self._keys = {
            public: peer.code for peer in config.peers for lane in LANES for public in peer.keys(lane).peer_publics
        }

    def _read(self) -> None:
        self._learn()
        try:
            with self._log_file.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if size < self._offset:  # rotated
                    self._offset, self._rest = 0, ""
                file.seek(max(self._offset, size - _CHUNK))
                data = file.read()
                self._offset = size
        except FileNotFoundError:
            return
        *lines, self._rest = (self._rest + data.decode("utf-8", "replace")).split("\n")
        for line in lines:
            self._note(line)

    def _note(self, line: str) -> None:
        if (dialled := _DIALLED.search(line)) is not None:
            code = self._dialled.get(dialled[1])
            if code is not None:
                self._troubles[code] = _in_words(dialled[2])
            return
        if (match := _CONNECTION.search(line)) is not None:
            self._note_connection(match[1], match[2])

    def _note_connection(self, link: str, said: str) -> None:
        if (account := _ACCOUNT.search(said)) is not None:
            code = self._accounts.get(account[1])
            if code is not None:
                self._links[link] = code
        elif _HUNG_UP.fullmatch(said) is not None and link in self._links:
            # TLS 1.3 tells the dialler of a refused certificate after its own part is done, if it gets that far
            self._remember(self._links[link], "the peer hung up during the handshake: it may refuse our certificate")
        elif _HANDSHAKE in said:
            reason = said.partition(_HANDSHAKE)[2]
            name = _COMMON_NAME.search(reason)
            code = self._links.get(link) or (name[1] if name is not None and name[1] in self._codes else None)
            self._remember(code, _in_words(reason))
        elif (refused := _REFUSED_KEY.search(said)) is not None:
            self._remember(self._keys.get(refused[1]), f"a caller's link key is unknown to us: {refused[1]}")
        elif "Leafnode Error" in said:
            self._remember(self._links.get(link), _in_words(said.partition("Leafnode Error")[2]))

    def _remember(self, code: str | None, trouble: str) -> None:
        if code is None:
            self._stranger = trouble
        else:
            self._troubles[code] = trouble

    def forget(self, peer: str) -> None:
        """Forget what was wrong: the link is up."""
        self._read()
        self._troubles.pop(peer, None)
        if not self._troubles:
            self._stranger = ""


def _in_words(reason: str) -> str:
    lowered = reason.lower()
    for sign, words in _WORDS:
        if sign in lowered:
            return words
    return reason.strip(" '")[:200]

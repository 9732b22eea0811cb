"""The one place where the parts of a bus ask for its configuration: it changes while the bus runs."""

from __future__ import annotations

from tocsin.bus.config import BusConfig


class ConfigInForce:
    """A member's bus as it is configured at this moment.

    Args:
        config: What it begins with.
    """

    def __init__(self, config: BusConfig) -> None:
        self._config = config
        self._codes = {peer.code.encode(): peer.code for peer in config.peers}

    @property
    def config(self) -> BusConfig:
        """The configuration; whoever keeps it keeps an old one."""
        return self._config

    @property
    def codes(self) -> dict[bytes, str]:
        """The peers' codes by their bytes, as they stand in a subject."""
        return self._codes

    def replace(self, config: BusConfig) -> None:
        """Put another one in force."""
        self._config = config
        self._codes = {peer.code.encode(): peer.code for peer in config.peers}

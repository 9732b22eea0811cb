"""The rooms that a node's records go through, ours and other people's (entry-point group ``tocsin.desks``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from typing import Protocol

import structlog

from tocsin.errors import ConfigError
from tocsin.node.config import MemberConfig
from tocsin.records import Admitted, Record
from tocsin.warning import WarningDesk

GROUP = "tocsin.desks"

log = structlog.get_logger()


class Desk(Protocol):
    """A room as a node sees it: a function from records to records, with a state of its own."""

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Take records in, ours and the peers', and return what comes of them."""
        ...

    def tick(self, now: datetime) -> list[Record]:
        """Let time pass, and return what comes of that."""
        ...


@dataclass(frozen=True)
class DeskContext:
    """What a desk is made from."""

    member: str
    config: MemberConfig
    new_id: Callable[[], str]


def open_desks(context: DeskContext) -> list[Desk]:
    """Make the desks of a node: warning, then what is installed under ``tocsin.desks``, by name.

    Raises:
        ConfigError: A third party's desk cannot be loaded.
    """
    table = context.config.warning
    desks: list[Desk] = [
        WarningDesk(context.member, audiences=table.audiences, settings=table.settings, new_id=context.new_id)
    ]
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            desks.append(entry.load()(context))
        except (ImportError, AttributeError, TypeError) as error:
            raise ConfigError(f"the desk {entry.name} ({entry.value}) cannot be opened: {error}") from error
        log.info("desk opened", desk=entry.name)
    return desks

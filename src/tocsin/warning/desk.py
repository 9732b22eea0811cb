"""The warning desk of one member: a picture for every audience it publishes to, and one for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from tocsin.errors import ConfigError
from tocsin.records import Admitted, Record
from tocsin.warning.areas import warning_areas
from tocsin.warning.picture import Picture, id_stream
from tocsin.warning.settings import WarningSettings


class WarningDesk:
    """Turns admitted detections into the stages of launches.

    The same records in the same batches, with the same ``new_id``, give the same records to the bit. A record that
    not all of an audience may have changes nothing in what is said to that audience: not a number, not an id.

    Raises:
        ConfigError: An audience lacks the member.
    """

    def __init__(
        self,
        member: str,
        audiences: Sequence[tuple[str, ...]],
        settings: WarningSettings,
        new_id: Callable[[], str],
    ) -> None:
        self._member = member
        self._settings = settings
        self._new_id = new_id
        published = {tuple(sorted(set(audience))) for audience in audiences} - {(member,)}
        for audience in published:
            if member not in audience:
                raise ConfigError(
                    f"audience {'-'.join(audience)} lacks {member}", advice="A member is part of what it publishes to"
                )
        self._audiences = (*sorted(published, key=lambda audience: (-len(audience), audience)), (member,))
        self._pictures: dict[str, tuple[Picture, ...]] = {}

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures: by status in order of their beginning, the widest audience first, the member's own last."""
        return tuple(picture for group in self._pictures.values() for picture in group)

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Fuse what was admitted, own records and peers', and return the records that are to be issued.

        Args:
            admitted: A batch in any order; kinds of other rooms are passed over.
            now: UTC.
        """
        ours = sorted(
            (entry for entry in admitted if entry.record.room == "warning"),
            key=lambda entry: (entry.record.issued_at, entry.record.id),
        )
        for entry in ours:
            self._open(entry.record.status)
        drafts: list[Record] = []
        for status, group in self._pictures.items():
            batch = [entry for entry in ours if entry.record.status == status]
            said: list[Record] = []
            for picture in group:
                said += picture.take(batch, said, now)
            drafts += said
        return drafts

    def tick(self, now: datetime) -> list[Record]:
        """Return what only the passing of time brings about: events that close.

        Args:
            now: UTC; call it about once a second of scenario time.
        """
        drafts = [record for picture in self.pictures for record in picture.tick(now)]
        idle = [status for status, group in self._pictures.items() if all(picture.is_idle for picture in group)]
        for status in idle:
            del self._pictures[status]
        return drafts

    def _open(self, status: str) -> None:
        if status in self._pictures:
            return
        areas = warning_areas()
        self._pictures[status] = tuple(
            Picture(
                member=self._member,
                audience=audience,
                status=status,
                settings=self._settings,
                areas=areas,
                new_id=id_stream(self._new_id()),
                is_own=audience == (self._member,),
            )
            for audience in self._audiences
        )

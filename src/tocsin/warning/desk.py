"""The warning desk of one member: a picture for every audience it publishes to, and one for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from tocsin.errors import ConfigError
from tocsin.records import Admitted, Record
from tocsin.warning.areas import warning_areas
from tocsin.warning.picture import Picture, id_stream, may_use
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
        published = {tuple(sorted(set(audience))) for audience in audiences} - {(member,)}
        for audience in published:
            if member not in audience:
                raise ConfigError(
                    f"audience {'-'.join(audience)} lacks {member}", advice="A member is part of what it publishes to"
                )
        self._audiences = (*sorted(published, key=lambda audience: (-len(audience), audience)), (member,))
        self._root = new_id()
        self._pictures: dict[tuple[str, tuple[str, ...]], Picture] = {}

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Those that follow something, by status, the widest audience first, the member's own last."""
        keys = sorted(self._pictures, key=lambda key: (key[0], self._audiences.index(key[1])))
        return tuple(self._pictures[key] for key in keys)

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
        drafts: list[Record] = []
        for status in sorted({entry.record.status for entry in ours} | {status for status, _ in self._pictures}):
            batch = [entry for entry in ours if entry.record.status == status]
            said: list[Record] = []
            for audience in self._audiences:
                picture = self._open(status, audience, [*(entry.record for entry in batch), *said], now)
                if picture is not None:
                    said += picture.take(batch, said, now)
            drafts += said
        return drafts

    def tick(self, now: datetime) -> list[Record]:
        """Return what only the passing of time brings about: events that close.

        Args:
            now: UTC; call it about once a second of scenario time.
        """
        drafts = [record for picture in self.pictures for record in picture.tick(now)]
        self._pictures = {key: picture for key, picture in self._pictures.items() if not picture.is_idle}
        return drafts

    def _open(self, status: str, audience: tuple[str, ...], records: Sequence[Record], now: datetime) -> Picture | None:
        """Return a picture, begun if there is something for it: when and how it begins is nobody else's doing."""
        found = self._pictures.get((status, audience))
        if found is not None:
            return found
        first = next((record for record in records if may_use(record, self._member, audience)), None)
        if first is None:
            return None
        picture = self._pictures[status, audience] = Picture(
            member=self._member,
            audience=audience,
            status=status,
            settings=self._settings,
            areas=warning_areas(),
            new_id=id_stream("\n".join((self._root, status, *audience, now.isoformat(), first.originator, first.id))),
            is_own=audience == (self._member,),
        )
        return picture

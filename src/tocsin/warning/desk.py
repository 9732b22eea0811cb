"""The warning desk of one member: a picture for every audience it publishes to, and one for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from tocsin.errors import ConfigError
from tocsin.records import Admitted, Record, SameEvent
from tocsin.warning.announced import KIND, NoticeBook
from tocsin.warning.areas import warning_areas
from tocsin.warning.picture import Picture, id_stream, may_use
from tocsin.warning.plots import seconds_of
from tocsin.warning.resuming import said_last, steps, told_last
from tocsin.warning.settings import WarningSettings
from tocsin.warning.twin import Twin, sees_more


class WarningDesk:
    """Turns admitted detections into the stages of launches.

    The same records in the same batches, with the same ``new_id``, give the same records to the bit. A record that
    not all of an audience may have changes nothing in what is said to that audience: not a number, not an id.

    Args:
        member: Whose desk it is.
        audiences: To whom assessments are published.
        settings: Gates, times and policy numbers.
        new_id: Makes ids that are unique for ever.
        tracks: Those of the audiences to whom tracks are told, too.

    Raises:
        ConfigError: An audience lacks the member, or tracks are told to one that nothing is published to.
    """

    resumes = ("warning.*",)
    """Kinds of the records that ``resume`` wants."""
    stands = (KIND,)
    """Kinds of which it wants every record that still stands, however old."""

    def __init__(
        self,
        member: str,
        audiences: Sequence[tuple[str, ...]],
        settings: WarningSettings,
        new_id: Callable[[], str],
        *,
        tracks: Sequence[tuple[str, ...]] = (),
    ) -> None:
        self._member = member
        self._settings = settings
        published = {tuple(sorted(set(audience))) for audience in audiences} - {(member,)}
        self._tracks = frozenset(tuple(sorted(set(audience))) for audience in tracks)
        for audience in self._tracks - published:
            raise ConfigError(
                f"tracks are told to {'-'.join(audience)}, but nothing is published to it",
                advice="Name it among the audiences, too, or take it from the tracks",
            )
        for audience in published:
            if member not in audience:
                raise ConfigError(
                    f"audience {'-'.join(audience)} lacks {member}", advice="A member is part of what it publishes to"
                )
        self._audiences = (*sorted(published, key=lambda audience: (-len(audience), audience)), (member,))
        self._new_id = new_id
        self._root = new_id()
        self._pictures: dict[tuple[str, tuple[str, ...]], Picture | Twin] = {}
        self._notices: dict[str, NoticeBook] = {}
        self._has_twins = len(self._audiences) > 1

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Those that fuse something, by status, the widest audience first; the member's own last, if it is no twin."""
        return tuple(picture for _, picture in self._in_order() if isinstance(picture, Picture))

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
        self._note(admitted, now)
        for status in sorted({entry.record.status for entry in ours} | {status for status, _ in self._pictures}):
            drafts += self._take(status, [entry for entry in ours if entry.record.status == status], now)
        return drafts

    def _note(self, admitted: Sequence[Admitted], now: datetime) -> None:
        """Take in what is announced."""
        notices = [entry for entry in admitted if entry.record.kind == KIND]
        for status in {entry.record.status for entry in notices} | set(self._notices):
            book = self._notices.setdefault(status, NoticeBook())
            book.take((entry for entry in notices if entry.record.status == status), seconds_of(now))

    def _take(self, status: str, batch: Sequence[Admitted], now: datetime) -> list[Record]:
        notices = self._notices[status].held if status in self._notices else ()
        looked_at = [*(entry.record for entry in batch), *(notice.record for notice in notices)]
        is_alike = self._has_twins and not sees_more(looked_at, self._member, self._audiences[0])
        if not is_alike:
            self._part(status)
        may_begin_as_twin = is_alike and (status, self._audiences[0]) not in self._pictures
        said: list[Record] = []
        for audience in self._audiences:
            picture = self._pictures.get((status, audience))
            if picture is None:
                records = [*(entry.record for entry in batch), *said]
                first = next((record for record in records if may_use(record, self._member, audience)), None)
                if first is None:
                    continue
                # When and how a picture begins is nobody else's doing.
                seed = (self._root, status, *audience, now.isoformat(), first.originator, first.id)
                new_id = id_stream("\n".join(seed))
                if may_begin_as_twin and audience == (self._member,):
                    picture = Twin(self._member, self._audiences[0], new_id)
                else:
                    picture = self._picture(status, audience, new_id)
                self._pictures[status, audience] = picture
            if isinstance(picture, Picture):
                picture.notices = tuple(notice for notice in notices if picture.may_use(notice.record))
            said += picture.take(batch, said, now)
        return said

    def tick(self, now: datetime) -> list[Record]:
        """Return what only the passing of time brings about: events that close.

        Args:
            now: UTC; call it about once a second of scenario time.
        """
        drafts: list[Record] = []
        said: dict[str, list[Record]] = {}
        for (status, audience), picture in self._in_order():
            before = said.setdefault(status, [])
            made = picture.tick(before, now)
            before += made
            drafts += made
            is_followed = isinstance(picture, Twin) and (status, self._audiences[0]) in self._pictures
            if picture.is_idle and not is_followed:
                del self._pictures[status, audience]
        return drafts

    def end(self, status: str) -> None:
        """Forget all that is of a status: its pictures with their biases and ids, and what was announced in it."""
        for key in [key for key in self._pictures if key[0] == status]:
            del self._pictures[key]
        self._notices.pop(status, None)

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:
        """Go on with what is on record: takes the records in again in their time, says nothing, and forgets nothing.

        Nothing that was issued is said anew; an event of which nothing was issued yet is told with the next ``take``.

        Args:
            history: What was admitted since ``begin``, in that order, our own records too.
            begin: UTC; what is older is not known.
            now: UTC.
        """
        audiences, tracks = self._audiences[:-1], tuple(self._tracks)
        fresh = WarningDesk(self._member, audiences, self._settings, self._new_id, tracks=tracks)
        fresh._note([entry for entry in history if entry.admitted_at < begin], now)
        for at, batch in steps(history, begin, now):
            fresh.take(batch, at)
            fresh.tick(at)
        said, told = said_last(history, self._member), told_last(history, self._member)
        now_s = seconds_of(now)
        for (status, _), picture in fresh._in_order():
            in_status = [each for each in said if each.record.status == status]
            if isinstance(picture, Twin):
                picture.adopt(in_status, now_s)
            else:
                pairs = [
                    (entry.body.event_id, entry.body.alias)
                    for entry in history
                    if isinstance(entry.body, SameEvent) and picture.may_use(entry.record)
                ]
                picture.adopt(in_status, pairs, told, now_s)
        self._pictures, self._notices = fresh._pictures, fresh._notices

    def _in_order(self) -> list[tuple[tuple[str, tuple[str, ...]], Picture | Twin]]:
        return sorted(self._pictures.items(), key=lambda item: (item[0][0], self._audiences.index(item[0][1])))

    def _part(self, status: str) -> None:
        """Make a picture of its own of a twin."""
        own = (self._member,)
        twin = self._pictures.get((status, own))
        if not isinstance(twin, Twin):
            return
        widest = self._audiences[0]
        published = self._pictures.get((status, widest))
        if not isinstance(published, Picture):  # it follows nothing
            published = self._picture(status, widest, twin.new_id)
        self._pictures[status, own] = twin.parted(published)

    def _picture(self, status: str, audience: tuple[str, ...], new_id: Callable[[], str]) -> Picture:
        return Picture(
            member=self._member,
            audience=audience,
            status=status,
            settings=self._settings,
            areas=warning_areas(),
            new_id=new_id,
            is_own=audience == (self._member,),
            tells_tracks=audience in self._tracks,
        )

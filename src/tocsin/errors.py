"""Every error that Tocsin raises, in one tree.

::

    TocsinError
    ├ ConfigError              .path
    ├ RecordError
    │ ├ MalformedRecordError   .path
    │ └ UnsupportedVersionError
    ├ MarkingError
    ├ StatusMixError
    ├ TrustError
    │ ├ SignatureError
    │ ├ ThresholdError
    │ ├ ExpiredError
    │ └ RollbackError
    ├ NotReleasableError
    ├ DomainError
    │ └ FlightError
    ├ BusError
    │ ├ BusUnavailableError    (retry)
    │ └ BusAuthError           (never retry)
    ├ FeedError                .source .line
    ├ CapError                 .path .line
    ├ PatternError
    ├ ScenarioError            .source .line .others
    ├ ChannelError             .channel (retry)
    ├ ReplacedError            (never retry)
    └ StoreError
      └ FencedError            (never retry)

Refusals that are expected, such as a peer's bad frame, are values (``exchange.Rejected``), not errors.
"""

from __future__ import annotations

from typing import ClassVar


class TocsinError(Exception):
    """Any failure that Tocsin names itself.

    Every class has a ``code`` that stays the same from version to version; ``advice`` says what to do.
    """

    code: ClassVar[str] = "tocsin"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}. {self.advice}" if self.advice else message


class ConfigError(TocsinError):
    """A member's configuration cannot be used."""

    code = "tocsin.config"

    def __init__(self, message: str, *, path: str = "", advice: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message, advice=advice)
        self.path = path


class RecordError(TocsinError):
    """Bytes or values are not a record."""

    code = "tocsin.record"


class MalformedRecordError(RecordError):
    """Bytes do not decode to a record, or a record holds values that cannot be encoded."""

    code = "tocsin.record.malformed"

    def __init__(self, message: str, *, path: str = "", advice: str = "") -> None:
        super().__init__(f"{message} at {path}" if path else message, advice=advice)
        self.path = path


class UnsupportedVersionError(RecordError):
    """A frame, roster or record has a major version that this program does not know."""

    code = "tocsin.record.version"


class MarkingError(TocsinError):
    """A marking contradicts itself or the record that carries it."""

    code = "tocsin.marking"


class StatusMixError(TocsinError):
    """Two statuses were combined that may never meet (spec 3.2)."""

    code = "tocsin.status.mix"


class TrustError(TocsinError):
    """A signature, key or roster cannot be trusted."""

    code = "tocsin.trust"


class SignatureError(TrustError):
    """A signature does not verify, or no key for it is known."""

    code = "tocsin.trust.signature"


class ThresholdError(TrustError):
    """Too few members have signed."""

    code = "tocsin.trust.threshold"


class ExpiredError(TrustError):
    """A roster or key is past its time."""

    code = "tocsin.trust.expired"


class RollbackError(TrustError):
    """An older or forked version was offered in place of the one in force."""

    code = "tocsin.trust.rollback"


class NotReleasableError(TocsinError):
    """A record was to leave to someone who may not have it."""

    code = "tocsin.release"


class DomainError(TocsinError):
    """A calculation has no answer for this input."""

    code = "tocsin.domain"


class FlightError(DomainError):
    """No flight of the model meets the recorded figures."""

    code = "tocsin.domain.flight"


class BusError(TocsinError):
    """The message bus failed."""

    code = "tocsin.bus"


class BusUnavailableError(BusError):
    """The server cannot be reached now; trying again may help."""

    code = "tocsin.bus.unavailable"


class BusAuthError(BusError):
    """The server refused the credentials; trying again cannot help."""

    code = "tocsin.bus.auth"


class FeedError(TocsinError):
    """A source handed over something unreadable."""

    code = "tocsin.feed"

    def __init__(self, message: str, *, source: str, line: int | None = None, advice: str = "") -> None:
        where = source if line is None else f"{source}, line {line}"
        super().__init__(f"{where}: {message}", advice=advice)
        self.source = source
        self.line = line


class PatternError(TocsinError):
    """A text is no STIX pattern, or one that this program cannot match in bounded time and memory."""

    code = "tocsin.pattern"


class CapError(TocsinError):
    """A message of the Common Alerting Protocol cannot be read, written or believed."""

    code = "tocsin.cap"

    def __init__(self, message: str, *, path: str = "", line: int = 0, advice: str = "") -> None:
        place = " ".join(part for part in (path, f"(line {line})" if line else "") if part)
        super().__init__(f"{place}: {message}" if place else message, advice=advice)
        self.message = message
        self.path = path
        self.line = line


class ScenarioError(TocsinError):
    """A scenario of an exercise cannot be played as it is written."""

    code = "tocsin.scenario"

    def __init__(
        self, message: str, *, source: str, line: int = 0, advice: str = "", others: tuple[ScenarioError, ...] = ()
    ) -> None:
        super().__init__(f"{source}, line {line}: {message}" if line else f"{source}: {message}", advice=advice)
        self.source = source
        self.line = line
        self.others = others
        """What else is wrong, in the order of lines."""


class ChannelError(TocsinError):
    """A channel to the public did not carry a message now; it is tried again."""

    code = "tocsin.channel"

    def __init__(self, message: str, *, channel: str, advice: str = "") -> None:
        super().__init__(f"{channel}: {message}", advice=advice)
        self.channel = channel


class ReplacedError(TocsinError):
    """Another process of this member does this one's work now; this one may do nothing more, and should end."""

    code = "tocsin.replaced"


class StoreError(TocsinError):
    """The database failed or holds what it should not."""

    code = "tocsin.store"


class FencedError(StoreError):
    """Another process has taken the store over: this one may not write to it any more, and should end."""

    code = "tocsin.store.fenced"

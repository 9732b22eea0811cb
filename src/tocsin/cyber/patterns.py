"""What a STIX pattern says, as a tree (STIX 2.1, section 9).

A comparison looks at one object of one observation. A condition joins comparisons and stands in brackets. An expression
joins conditions over several observations. Times are microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

EVERY = None
"""The step ``[*]`` of a path."""

Step = str | int | None
"""Of a path: a key, an index, or ``EVERY``."""

Literal = str | int | float | bool | bytes | datetime


class Path(NamedTuple):
    """Where a value stands: ``file:hashes.'SHA-256'``."""

    object_type: str
    steps: tuple[Step, ...]


class Operator(Enum):
    """How a value is compared. What STIX writes ``!=`` is ``EQUAL``, negated."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "IN"
    LIKE = "LIKE"
    MATCHES = "MATCHES"
    SUBSET = "ISSUBSET"
    SUPERSET = "ISSUPERSET"
    EXISTS = "EXISTS"


class Comparison(NamedTuple):
    """One property against a literal; with ``IN`` against several, with ``EXISTS`` against none."""

    path: Path
    operator: Operator
    literals: tuple[Literal, ...]
    is_negated: bool = False


class AllOf(NamedTuple):
    """All hold of one and the same object."""

    parts: tuple[Condition, ...]


class AnyOf(NamedTuple):
    """One or more hold."""

    parts: tuple[Condition, ...]


Condition = Comparison | AllOf | AnyOf


class Seen(NamedTuple):
    """One observation of which the condition holds: what stands in brackets."""

    condition: Condition


class Both(NamedTuple):
    """Both, of different observations."""

    left: Expression
    right: Expression


class Either(NamedTuple):
    """The one or the other."""

    left: Expression
    right: Expression


class Then(NamedTuple):
    """FOLLOWEDBY: both, and every observation of the right not before any of the left."""

    left: Expression
    right: Expression


class Repeated(NamedTuple):
    """So many times, of different observations."""

    inner: Expression
    times: int


class Within(NamedTuple):
    """All observations within so long."""

    inner: Expression
    duration_us: int


class Between(NamedTuple):
    """START and STOP: every observation at or after the one and before the other."""

    inner: Expression
    start_us: int
    stop_us: int


Expression = Seen | Both | Either | Then | Repeated | Within | Between

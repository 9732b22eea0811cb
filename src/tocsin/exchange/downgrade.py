"""The only widening there is: a person in the role of releaser signs that named fields may go further (spec 9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce

import msgspec

from tocsin.codec import decode, encode
from tocsin.errors import MalformedRecordError, NotReleasableError
from tocsin.exchange.policy import Policy
from tocsin.markings import PublicWarning, combine_status, derive
from tocsin.records import Admitted, Downgrade, Precedence, Record, Source, body_of, with_body
from tocsin.signing import KeyRole, PrivateKey, PublicKey

DOWNGRADE_TYPE = "application/vnd.tocsin.downgrade.v1+json"


def sign_downgrade(unsigned: Downgrade, key: PrivateKey) -> Downgrade:
    """Return the downgrade with a releaser's signature."""
    named = msgspec.structs.replace(unsigned, keyid=key.keyid, signature="")
    return msgspec.structs.replace(named, signature=key.sign(DOWNGRADE_TYPE, named.statement()))


def carry_out(
    order: Downgrade, sources: Sequence[Admitted], policy: Policy, *, new_id: Callable[[], str], now: datetime
) -> list[Record]:
    """Check a downgrade and make what it lets go: the order itself (for this member alone), then a copy per source.

    Args:
        order: What a releaser signed.
        sources: The records that it names, in its order.
        policy: Says who is a releaser.
        new_id: Gives the ids of the new records.
        now: UTC.

    Raises:
        NotReleasableError: It names a record of another originator or one that is not given, no field, fields that
            do not make a whole body, or a person who is no releaser here.
        StatusMixError: The records named are of statuses that may not meet.
        SignatureError: The person's signature is wrong.
    """
    releaser = next((entry for entry in policy.releasers if entry.keyid == order.keyid), None)
    if releaser is None or order.releaser.role != "releaser" or order.releaser.pseudonym != releaser.pseudonym:
        raise NotReleasableError(f"{order.releaser.pseudonym} is no releaser of this member")
    PublicKey(role=KeyRole.LIVE, public=releaser.public).verifier().verify(
        DOWNGRADE_TYPE, order.statement(), order.signature
    )
    if tuple(source.record.id for source in sources) != order.source_ids or not sources or not order.fields:
        raise NotReleasableError("a downgrade names at least one record that is held and one field")
    member = sources[0].record.originator
    foreign = [source.record.id for source in sources if source.record.originator != member]
    if foreign:
        raise NotReleasableError(f"{foreign[0]} is another member's; only its originator may widen it")
    if not order.marking.allows([member]):
        raise NotReleasableError(f"{member} is missing from the marking")
    kept_here = msgspec.structs.replace(
        derive(member, [source.record.marking for source in sources]),
        releasable_to=(member,), public_warning=PublicWarning.NO,
    )  # fmt: skip
    note = with_body(
        "exchange.downgrade", order, id=new_id(), originator=member, marking=kept_here,
        status=reduce(combine_status, [source.record.status for source in sources]),
        precedence=Precedence.ROUTINE, issued_at=now, synthetic=any(source.record.synthetic for source in sources),
        sources=tuple(Source(record=source.record.id, originator=member) for source in sources),
    )  # fmt: skip
    return [note, *(_copy(source.record, order, new_id(), now) for source in sources)]


def _copy(record: Record, order: Downgrade, copy_id: str, now: datetime) -> Record:
    body = decode(record.body, dict[str, msgspec.Raw], outermost=False)
    unknown = [name for name in order.fields if name not in body]
    if unknown:
        raise NotReleasableError(f"{record.id} has no field {unknown[0]!r}")
    kept = {name: raw for name, raw in body.items() if name in order.fields}
    copy = msgspec.structs.replace(
        record, id=copy_id, marking=order.marking, issued_at=now, supersedes=None, cancels=None,
        sources=(Source(cites=f"released by {order.releaser.role} {order.releaser.pseudonym}"),),
        body=msgspec.Raw(encode(kept)),
    )  # fmt: skip
    try:
        body_of(copy)
    except MalformedRecordError as error:
        raise NotReleasableError(
            f"the fields named of {record.id} do not make a whole {record.kind}: {error}",
            advice="Name the fields without which the kind cannot be read, too",
        ) from error
    return copy

"""A stored frame as it was admitted: for the rebuild, and to give frames back to a peer that lost them."""

from __future__ import annotations

from tocsin.codec import MAX_BYTES, decode
from tocsin.errors import RecordError, StoreError
from tocsin.exchange import open_frame
from tocsin.records import Admitted, AdmittedFrame, Record
from tocsin.store.shapes import StoredFrame


def reread(stored: StoredFrame) -> AdmittedFrame:
    """Return the frame with those of its records that came through the door and were not recalled.

    Digests are checked again; the signature was checked at the door, and ``tocsin verify`` checks it offline.

    Raises:
        StoreError: The frame in the database is not the one that was admitted.
    """
    try:
        frame = open_frame(stored.data, max_bytes=MAX_BYTES)
        records = tuple(
            Admitted(
                record=decode(frame.slips[index].record, Record, outermost=False),
                raw=bytes(frame.slips[index].record),
                digest=frame.header.digests[index],
                frame=stored.ref,
                index=index,
                admitted_at=stored.admitted_at,
                sealed_at=stored.sealed_at,
                via=stored.via,
                clock_suspect=stored.clock_suspect,
                chain_open=stored.chain_open,
            )
            for index in stored.indexes
            if index >= len(frame.slips) or not frame.slips[index].recalled
        )
    except (RecordError, IndexError) as error:
        raise _altered(stored, str(error)) from error
    if frame.ref != stored.ref:
        raise _altered(stored, f"its bytes are those of frame {frame.header.number}, {frame.ref.hash}")
    return AdmittedFrame(
        ref=stored.ref,
        data=stored.data,
        previous=stored.previous,
        resumes=stored.resumes,
        records=records,
        admitted_at=stored.admitted_at,
        sealed_at=stored.sealed_at,
        via=stored.via,
        path=stored.path,
        clock_suspect=stored.clock_suspect,
        chain_open=stored.chain_open,
    )


def _altered(stored: StoredFrame, why: str) -> StoreError:
    return StoreError(
        f"frame {stored.ref.number} of {stored.ref.chain.originator}, {stored.ref.hash}, was altered: {why}",
        advice="Put the store aside and restore a copy; peers give back what is missing",
    )

"""Takes up what a node left when it ended, in whatever way: its store first, then the ends of its own outboxes."""

from __future__ import annotations

from tocsin.bus import Bus
from tocsin.bus import Cursor as StreamCursor
from tocsin.exchange import Exchange, Label, strictest
from tocsin.node.keeping import Keeper
from tocsin.node.orders import ORDERS, Orders
from tocsin.store import Cursor, RecordQuery, Store


def restore(exchange: Exchange, store: Store, orders: Orders) -> None:
    """Take up chains, what waits for a person, and the orders that a crash may have cut short.

    Raises:
        StoreError: The store cannot be read.
    """
    for chain, epoch, state in store.chains.states():
        exchange.restore(chain, epoch, state)
    for item in store.links.held():
        found = store.find(item.held.record_id, originator=exchange.member)
        if found is not None and item.held.reason == "needs_person":
            exchange.restore_held(found.admitted.record)
    for stored in store.records(RecordQuery(kinds=ORDERS)):
        orders.obey(stored.admitted)


async def take_back_tails(bus: Bus, exchange: Exchange, keeper: Keeper, orders: Orders) -> dict[str, StreamCursor]:
    """Take in what our outboxes hold and our store lost with a crash, before anything new is numbered.

    Returns:
        Where each outbox ends, by name.

    Raises:
        BusError: The outboxes cannot be read.
        StoreError: The store cannot be read.
    """
    ends = {end.stream: end for end in await bus.shelf.ends()}
    for stream, end in ends.items():
        kept = keeper.store.links.cursor(stream)
        cursor = StreamCursor(kept.stream, kept.created, kept.seq) if kept is not None else None
        async for data, _ in bus.shelf.tail(stream, cursor):
            incoming = exchange.receive(data, via=exchange.member, path="durable")
            if incoming.frame is not None:
                keeper.frame(incoming.frame)
                for admitted in incoming.frame.records:
                    orders.obey(admitted)
        keeper.cursor(Cursor(stream=end.stream, created=end.created, seq=end.seq))
    exchange.resume()
    return ends


def held_label(store: Store, record_id: str, originator: str) -> Label | None:
    """Return the label of a record that a store holds; without originator the strictest of all that bear the id.

    Raises:
        StoreError: The store cannot be read.
    """
    return strictest(
        Label(stored.admitted.record.marking, stored.admitted.record.status, stored.admitted.record.synthetic)
        for stored in store.records(RecordQuery(ids=(record_id,), originator=originator or None))
    )


def read_so_far(bus: Bus, store: Store) -> list[StreamCursor]:
    """Return how far the copies of the peers' outboxes were read before."""
    cursors = [store.links.cursor(stream) for stream in bus.shelf.copies()]
    return [StreamCursor(cursor.stream, cursor.created, cursor.seq) for cursor in cursors if cursor is not None]

"""A member's folder whose store holds a ledger, as if it had been told and had come through the door."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.sealed import START, Federation

from tocsin.claims import Entry, Row, entries_of, read_ledger, record_id
from tocsin.codec import encode
from tocsin.markings import Marking, marking_for
from tocsin.node import read_config
from tocsin.node.claims_export import select_claims
from tocsin.records import Outlet, Precedence, Record, Source
from tocsin.store import Batch, Store

ROOT = Path(__file__).parents[1]
EXAMPLE = (ROOT / "examples" / "cargo-movements.toml").read_text(encoding="utf-8")


class LedgerHome:
    """KOR's folder; ``tell`` puts a ledger of any member into its store."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.federation = Federation()
        (home / "data").mkdir(parents=True)
        (home / "member.toml").write_text('[member]\ncode = "KOR"\n')
        (home / "roster.json").write_bytes(encode(self.federation.trust.document))
        self._count = 0

    def tell(self, text: str, *, by: str = "KOR", marking: Marking | None = None, number: int = 1, **given) -> None:
        """Tell a ledger file; its n-th telling revises what was told before."""
        self._put(read_ledger(text, name="ledger.toml", member=by), by, marking, number, given)

    def tell_rows(self, rows: list[tuple[str, dict]]) -> None:
        """Tell rows of tables."""
        made = [Row(table=table, fields=fields, source="test") for table, fields in rows]
        self._put(entries_of(made, member="KOR"), "KOR", None, 1, {})

    def put(self, entries: list[Entry]) -> None:
        """Tell entries as they are."""
        self._put(entries, "KOR", None, 1, {})

    def _put(self, entries: list[Entry], by: str, marking: Marking | None, number: int, given: dict) -> None:
        self._count += 1
        records = [
            Record(
                kind=entry.kind, originator=by, marking=marking or marking_for("JPN", "KOR", "USA"),
                id=record_id(by, entry.key) + (f".{number}" if number > 1 else ""),
                supersedes=record_id(by, entry.key) if number == 2 else None, body=entry.body,
                precedence=Precedence.ROUTINE, issued_at=START + timedelta(minutes=self._count),
                sources=tuple(Source(cites=each) for each in entry.cites), **({"status": "actual"} | given),
            )
            for entry in entries
        ]  # fmt: skip
        with Store.open(self.home / "data/store.db") as store:
            store.commit(Batch(frames=(self.federation.admitted(*records, epoch=f"E{self._count}"),)))

    def leaving(self, *audience: str, status: str = "actual"):
        """Return what leaves for some readers."""
        outlet = Outlet("claims.test", tuple(sorted(audience)) or ("KOR",))
        return select_claims(read_config(self.home / "member.toml"), outlet, status).entries

"""A ledger of KOR and its partners from which dossiers are made, packed and proved."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
from tests.ledger_home import LedgerHome
from tests.sealed import START

from tocsin.claims import Dossier, Ref, read_ledger
from tocsin.markings import Marking
from tocsin.node import read_config
from tocsin.node.claiming import read_claims
from tocsin.node.dossiers import Packed, pack_dossier, select_dossier
from tocsin.node.proving import Proof, prove
from tocsin.records import BundleFile
from tocsin.signing import KeyRole
from tocsin.store import Batch, Store

NOW = START + timedelta(days=1)

LEDGER = """
[[source]]
key = "navy"
name = "A navy"
kind = "government"
reliability = "B"
[[source]]
key = "paper"
name = "A paper"
kind = "press"
[[item]]
key = "image"
title = "Image of a quay"
media = "image/png"
basis = "own"
source = "navy"
sha256 = "%s"
[[item]]
key = "story"
title = "A story about the image"
media = "text/html"
basis = "derived"
derived_from = ["image"]
source = "paper"
[[claim]]
key = "sailed"
proposition = "A ship with 300 containers sailed"
speaker = "A government"
said_at = 2023-10-13T00:00:00Z
places = [{ name = "Rajin", lat_deg = 42.24, lon_deg = 130.29 }]
quantities = [{ unit = "containers", least = 300, most = 300 }]
rests_on = ["image"]
topic = "the-ship"
[[claim]]
key = "nothing"
proposition = "Nothing sailed"
speaker = "Another government"
said_at = 2023-10-15T00:00:00Z
[[link]]
key = "l1"
of = "story"
relation = "supports"
to = "sailed"
[[link]]
key = "l2"
of = "nothing"
relation = "denies"
to = "sailed"
[[judgement]]
key = "j"
claim = "sailed"
scale = "icd203"
word = "likely"
[[question]]
key = "q"
text = "What was in it?"
hypotheses = [{ key = "arms", text = "arms" }, { key = "food", text = "food" }]
gaps = ["nobody has seen the content"]
[[weighing]]
key = "w1"
question = "q"
hypothesis = "food"
evidence = "story"
reading = "inconsistent"
""" % ("ab" * 32)

SAILED: Ref = ("KOR", "KOR-claims-sailed")


class DossierRoom(LedgerHome):
    """Makes and proves dossiers."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.file = home / "dossier.zip"

    def tell_apart(self, text: str, markings: dict[str, Marking]) -> None:
        """Tell a ledger of which some entries are for fewer than the others, each by its key."""
        self.federation.clock.advance(60.0)
        for entry in read_ledger(text, name="ledger.toml", member="KOR"):
            self._put([entry], "KOR", markings.get(entry.key), 1, {})

    def take_back(self, record_id: str, *, kind: str) -> None:
        """Take back a record."""
        with Store.open(self.home / "data/store.db") as store:
            before = store.find(record_id, originator="KOR").admitted.record
            now = self.federation.clock.now()
            record = msgspec.structs.replace(before, id=f"{record_id}-gone", cancels=record_id, issued_at=now)
            assert record.kind == kind
            store.commit(Batch(frames=(self.federation.admitted(record, epoch="gone"),)))

    def select(self, *audience: str, subject: Ref | str = SAILED, status: str = "actual", as_of=NOW) -> Dossier:
        return self._made(audience, subject, status, as_of)[0]

    def pack(
        self, *audience: str, subject: Ref | str = SAILED, status: str = "actual", as_of=NOW,
        files: Sequence[Path] = (),
    ) -> Packed:  # fmt: skip
        dossier, admitted = self._made(audience, subject, status, as_of)
        role = {"actual": KeyRole.LIVE, "test": KeyRole.TEST}.get(status, KeyRole.EXERCISE)
        with Store.open(self.home / "data/store.db", read_only=True) as store:
            return pack_dossier(
                store, dossier, admitted, rosters=[self.federation.trust.document],
                key=self.federation.keys["KOR", role], outlet=BundleFile(audience), files=files, to=self.file,
            )  # fmt: skip

    def _made(self, audience, subject, status, as_of):
        config = read_config(self.home / "member.toml")
        with Store.open(self.home / "data/store.db", read_only=True) as store:
            return select_dossier(
                store, read_claims(config, status), subject, by="KOR", outlet=BundleFile(audience), made_at=NOW,
                as_of=as_of,
            )  # fmt: skip

    def prove(self) -> Proof:
        return prove(self.file, roster=None, on_progress=lambda _done, _of: None)

    def unpacked(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def packed_anew(self, entries: dict[str, bytes]) -> None:
        """Put other bytes into the archive, as somebody on the way might."""
        with zipfile.ZipFile(self.file, "w") as archive:
            for name, data in entries.items():
                archive.writestr(name, data)

"""A dossier on its way out: the page, the same for machines, and the frames that prove both, in one archive."""

from __future__ import annotations

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from tocsin.claims import Ledger, Ref, known_origins, nearby, roots_of
from tocsin.claims.dossier import Dossier, DossierHead, dossier_of, readers_of
from tocsin.codec import encode
from tocsin.dossier import page
from tocsin.errors import ConfigError, NotReleasableError
from tocsin.exchange import PROTOCOL, release_part, release_record
from tocsin.node.bundles import BundleHead, line_of, revocations_in
from tocsin.paper import banner_words, base_map
from tocsin.records import Admitted, BundleFile, ClaimItem, Released
from tocsin.signing import PrivateKey, SignedDocument
from tocsin.store import Store, reread

PAGE, DATA, FRAMES, ABOUT, SEAL = "dossier.html", "dossier.json", "frames.jsonl", "README.txt", "seal.json"
SEAL_TYPE = "application/vnd.tocsin.dossier.v1+json"
"""Signed with it: the SHA-256 of every other entry by its name. It vouches for what no frame does."""

_ABOUT = """{title}

{banner}{readers}

dossier.html   the dossier: open it in any browser, or print it
dossier.json   the same for machines (tocsin.dossier/1)
frames.jsonl   the records it rests on, as their originators signed them, and the keys to check them by
seal.json      the signature of {by}, which made the dossier, over all of it
{files}
To check all of it without a network:

    tocsin verify {name}

Compare the fingerprint that it prints with the one that you have from a member of the federation: keys that
came with a file prove only that the file fits itself.
"""


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    file: str
    title: str
    audience: tuple[str, ...]
    claims: int
    records: int
    withheld: int
    """Records that belong to it and that its readers may not have."""
    files: int


def select_dossier(
    store: Store, ledger: Ledger, subject: Ref | str, *, by: str, outlet: BundleFile, made_at: datetime, as_of: datetime
) -> tuple[Dossier, list[Admitted]]:
    """Make a dossier of what its readers may have.

    Args:
        store: The member's store.
        ledger: All of one status that the store holds.
        subject: A claim or movement, or a topic by its name.
        by: The member that makes it.
        outlet: Who is to read it.
        made_at: Now.
        as_of: What had come in until then is in it.

    Returns:
        The dossier, and the records that it rests on.

    Raises:
        DomainError: There was no such claim, movement or topic.
        NotReleasableError: The subject itself may not go to these readers.
        StoreError: The store cannot be read.
    """
    roots = roots_of(ledger, subject, as_of)
    admitted: list[Admitted] = []
    withheld: list[str] = []
    wanted = set(nearby(ledger, roots, as_of))
    for stored in store.find_all(record_id for _, record_id in wanted):
        if (stored.admitted.record.originator, stored.admitted.record.id) not in wanted:
            continue  # another member's of that id
        if isinstance(release_record(stored.admitted, outlet), Released):
            admitted.append(stored.admitted)
        else:
            withheld.append(stored.admitted.digest)
    goes = {(each.record.originator, each.record.id) for each in admitted}
    stays = [ref for ref in roots[: 1 if not isinstance(subject, str) else None] if ref not in goes]
    if stays and (not isinstance(subject, str) or len(stays) == len(roots)):
        raise NotReleasableError(
            f"{stays[0][0]}/{stays[0][1]} may not go to {', '.join(outlet.audience)}",
            advice="A dossier is for those who may have its subject; name others with --to",
        )
    head = DossierHead(
        subject=f"topic:{subject}" if isinstance(subject, str) else f"{subject[0]}/{subject[1]}",
        status=ledger.status, audience=outlet.audience, made_by=by, made_at=made_at, as_of=as_of,
        withheld=tuple(sorted(withheld)), origins_known={},
    )  # fmt: skip
    dossier = dossier_of(admitted, head)
    known = known_origins(ledger, dossier)
    return msgspec.structs.replace(dossier, head=msgspec.structs.replace(head, origins_known=known)), admitted


def pack_dossier(
    store: Store,
    dossier: Dossier,
    admitted: Sequence[Admitted],
    *,
    rosters: Sequence[SignedDocument],
    key: PrivateKey,
    outlet: BundleFile,
    files: Sequence[Path],
    to: Path,
) -> Packed:
    """Write a dossier with all that proves it into a new archive.

    Args:
        store: Has the frames.
        dossier: The dossier.
        admitted: The records it rests on.
        rosters: Those by which the frames are proved.
        key: Of the member that makes it, for its status.
        outlet: Who is to read it.
        files: Documents and images that go with it; each is that of an item of the dossier.
        to: The new file.

    Raises:
        ConfigError: It is there already or cannot be written, or a file belongs to no item.
        StoreError: The store cannot be read.
    """
    attached = dict(_attached(dossier, files))
    part = to.with_name(f".{to.name}.part")
    if to.exists():
        raise ConfigError("is there already", path=str(to), advice="Name a new file")
    head = BundleHead(
        bundle=PROTOCOL, rosters=tuple(rosters), audience=outlet.audience,
        revocations=tuple(revocations_in(store, outlet)),
    )  # fmt: skip
    lines = [encode(head), *map(line_of, _frames(store, admitted, outlet))]
    texts = {
        ABOUT: _about(dossier, to.name, attached).encode(), PAGE: page(dossier, base_map()).encode(),
        DATA: encode(dossier), FRAMES: b"\n".join(lines) + b"\n",
    }  # fmt: skip
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in texts.items()}
    digests |= {name: name.partition("/")[2] for name in attached}
    seal = SignedDocument(payload_type=SEAL_TYPE, payload=encode(digests).decode())
    texts[SEAL] = encode(seal.signed_by(dossier.head.made_by, key))
    stamp = dossier.head.made_at.timetuple()[:6]
    try:
        with zipfile.ZipFile(part, "x", compression=zipfile.ZIP_DEFLATED) as archive:
            for name, data in texts.items():
                archive.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)
            for name, file in attached.items():
                archive.writestr(zipfile.ZipInfo(name, stamp), file.read_bytes(), zipfile.ZIP_DEFLATED)
        part.rename(to)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(to)) from error
    finally:
        part.unlink(missing_ok=True)
    return Packed(
        file=str(to), title=dossier.title, audience=outlet.audience, claims=len(dossier.claims),
        records=len(dossier.records), withheld=len(dossier.head.withheld), files=len(attached),
    )  # fmt: skip


def _attached(dossier: Dossier, files: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    known = {told.body.sha256 for told in dossier.items if isinstance(told.body, ClaimItem)}
    for file in files:
        try:
            with file.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", path=str(file)) from error
        if digest not in known:
            raise ConfigError(
                f"is of no item of this dossier: its SHA-256 is {digest}", path=str(file),
                advice="Only the files of items that its readers may have go with it",
            )  # fmt: skip
        yield f"files/{digest}", file


def _frames(store: Store, admitted: Sequence[Admitted], outlet: BundleFile) -> Iterator[Released[BundleFile]]:
    places: defaultdict[str, set[int]] = defaultdict(set)
    for each in admitted:
        places[each.frame.hash].add(each.index)
    for frame_hash, indexes in places.items():
        kept = store.chains.frame(frame_hash)
        released = release_part(reread(kept), outlet, indexes) if kept is not None else None
        if isinstance(released, Released):
            yield released


def _about(dossier: Dossier, name: str, attached: dict[str, Path]) -> str:
    banner = banner_words(dossier.head.status)
    return _ABOUT.format(
        title=dossier.title, banner=f"{banner}\n" if banner else "", readers=readers_of(dossier), name=name,
        by=dossier.head.made_by,
        files="files/         documents and images, each named by its SHA-256\n" if attached else "",
    )  # fmt: skip

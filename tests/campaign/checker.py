"""Judges a run by what the producers were promised and what the stores hold; imports nothing of what it judges.

It reads the stores' tables by SQL, the frames by spec/tocsin.md (``frames.py``), the producers' logs, and the list of
what was done to the members. Each law is a method; what breaks it becomes a line of text.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaign.frames import Chain, Frame, Keys, read_keys, take_apart

CLOCK_TOLERANCE_US = 5_000_000
NODE_MB = 400
SERVER_MB = 400
DISK_MB = 400
_DESK_KINDS = ("warning.track", "warning.launch", "warning.same_event")
_SHOWN = 12
"""Violations of one law that are told of; the rest are counted."""


@dataclass
class Checked:
    """What came of a run."""

    violations: list[str] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)


@dataclass
class Store:
    """What one member's store holds."""

    code: str
    rows: list[dict[str, Any]]
    """Frames with their journal."""
    frames: dict[str, Frame]
    records: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]


@dataclass
class Produced:
    """What one producer logged."""

    handed: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def check(directory: Path) -> Checked:
    """Judge the run that left its traces in a folder."""
    return Check(directory).run()


class Check:
    """One run under judgement."""

    def __init__(self, directory: Path) -> None:
        homes = sorted(path.parent for path in directory.glob("*/member.toml"))
        self.keys: Keys = read_keys(
            [path for home in homes for path in sorted(home.glob("**/*.json")) if in_force(path)]
        )
        self.stores = {home.name: read_store(home) for home in homes if (home / "data/store.db").exists()}
        self.produced = {home.name: read_log(home / "produced.jsonl") for home in homes}
        text = (directory / "events.jsonl").read_text() if (directory / "events.jsonl").exists() else ""
        self.events = [json.loads(line) for line in text.splitlines()]
        self.everywhere = {
            (frame.chain, *frame.place) for store in self.stores.values() for frame in store.frames.values()
        }
        self.lost: dict[str, set[str]] = defaultdict(set)
        self.saved: set[str] = set()
        for event in self.events:
            if "lost" in event:
                self.lost[event["lost"]] |= set(event["ids"])
                self.saved |= set(event["peers_had"])

    def run(self) -> Checked:
        """Try every law."""
        checked = Checked()
        laws = (
            self.frames_hold, self.promises_are_kept, self.nothing_leaks, self.chains_are_whole, self.nothing_twice,
            self.members_agree, self.nothing_is_refused, self.clocks_are_shown, self.bounds_hold, self.ends_are_clean,
        )  # fmt: skip
        for law in laws:
            found = list(law())
            checked.violations += [f"{law.__name__}: {text}" for text in found[:_SHOWN]]
            if len(found) > _SHOWN:
                checked.violations.append(f"{law.__name__}: and {len(found) - _SHOWN} more")
        checked.counts = {
            "handed": sum(len(produced.handed) for produced in self.produced.values()),
            "kept": sum(len(produced.kept) for produced in self.produced.values()),
            "frames": len({hash_ for store in self.stores.values() for hash_ in store.frames}),
            "level_s": max((event["took_s"] for event in self.events if "quiet" in event), default=0.0),
        }
        return checked

    # -- laws -------------------------------------------------------------------------------------------------------

    def frames_hold(self) -> Iterator[str]:
        """Every frame's hash, digests and signature hold, and its row tells what its header tells (spec 4)."""
        for store in self.stores.values():
            for row in store.rows:
                frame = store.frames[row["hash"]]
                where = f"{store.code}: frame {row['hash'][:16]}"
                if frame.hash != row["hash"]:
                    yield f"{where} has hash {frame.hash[:16]}"
                for fault in (*frame.digest_faults(), self.keys.signature_fault(frame)):
                    if fault:
                        yield f"{where}: {fault}"
                told = (*frame.chain, *frame.place, frame.header.get("previous", ""))
                listed = tuple(
                    row[name]
                    for name in ("originator", "audience", "status", "precedence", "epoch", "number", "previous")
                )
                if told != listed:
                    yield f"{where} is listed as {listed} and says {told}"

    def promises_are_kept(self) -> Iterator[str]:
        """What a producer was promised is with all of its audience, once and byte for byte."""
        held = {code: self._held_records(store) for code, store in self.stores.items()}
        for code, produced in self.produced.items():
            yield from (f"{code}: {fault}" for fault in produced.faults)
            for id_ in sorted(produced.kept):
                told = produced.handed[id_]
                members = self._reached(code, told["audience"])
                lacking = [member for member in sorted(members) if (code, id_) not in held[member]]
                if lacking and not (self._may_be_lost(code, id_) and len(lacking) == len(members)):
                    yield f"{code}: {id_} for {told['audience']}, promised, is not with {', '.join(lacking)}"
                for member in sorted(members - set(lacking)):
                    if held[member][code, id_] != [told["sha256"]]:
                        yield f"{member}: {id_} of {code} is held as {held[member][code, id_]}, not {told['sha256']}"

    def nothing_leaks(self) -> Iterator[str]:
        """Nobody holds what is not marked for them; audience, status and precedence are as handed over."""
        for store in self.stores.values():
            for frame in store.frames.values():
                originator, audience, status, precedence = frame.chain
                if store.code not in audience.split("-"):
                    yield f"{store.code} holds a frame of {originator} for {audience}"
                for record in frame.records:
                    if record is None:
                        continue
                    values = record.values
                    marked = "-".join(values["marking"]["releasable_to"])
                    if (values["originator"], values["status"], values["precedence"]) != (
                        originator,
                        status,
                        precedence,
                    ):
                        yield f"{store.code}: {record.id} is not of the status, precedence or originator of its frame"
                    stays = audience == originator
                    if marked != audience and not (stays and originator in marked.split("-")):
                        yield f"{store.code}: {record.id} for {marked} travelled as for {audience}"
                    yield from self._against_log(store.code, values, marked)
            for row in store.records:
                if store.code not in row["audience"].split("-"):
                    yield f"{store.code} can be asked for {row['id']}, which is for {row['audience']}"

    def chains_are_whole(self) -> Iterator[str]:
        """Numbers run from 1 without gaps, each frame names the one before, and epochs resume what is there (5)."""
        for store in self.stores.values():
            by_chain: dict[tuple[Chain, str], dict[int, Frame]] = defaultdict(dict)
            for frame in store.frames.values():
                by_chain[frame.chain, frame.header["epoch"]][frame.header["number"]] = frame
            for (chain, epoch), frames in sorted(by_chain.items(), key=lambda item: item[0]):
                where = f"{store.code}: {'/'.join(chain)} {epoch}"
                for number in range(1, max(frames) + 1):
                    if number not in frames:
                        if not self._is_gone(chain, epoch, number):
                            yield f"{where} lacks {number} of {max(frames)}"
                        continue
                    header = frames[number].header
                    if number > 1 and number - 1 in frames and header["previous"] != frames[number - 1].hash:
                        yield f"{where}: {number} does not name {number - 1}"
                    if number == 1 and "previous" in header:
                        yield f"{where}: the first frame names one before it"
                    yield from self._resumed(where, chain, header, by_chain)

    def nothing_twice(self) -> Iterator[str]:
        """No frame, no place in a chain and no record is held twice."""
        for store in self.stores.values():
            places = Counter((frame.chain, *frame.place) for frame in store.frames.values())
            yield from (f"{store.code}: {place} has {n} frames" for place, n in places.items() if n > 1)
            hashes = Counter(row["hash"] for row in store.rows)
            yield from (f"{store.code}: frame {hash_} is there {n} times" for hash_, n in hashes.items() if n > 1)
            for (originator, id_), digests in self._held_records(store).items():
                if len(digests) > 1:
                    yield f"{store.code}: {id_} of {originator} is held {len(digests)} times"

    def members_agree(self) -> Iterator[str]:
        """All members of an audience hold the same frames, byte for byte."""
        everything = {hash_: frame for store in self.stores.values() for hash_, frame in store.frames.items()}
        for hash_, frame in everything.items():
            for code in frame.chain[1].split("-"):
                if code not in self.stores:
                    yield f"{code} has no store"
                    continue
                own = self.stores[code].frames.get(hash_)
                if own is None:
                    yield f"{code} lacks frame {frame.place} of {'/'.join(frame.chain)}, {hash_[:16]}"
                elif own.data != frame.data:
                    yield f"{code} holds other bytes of frame {hash_[:16]}"

    def nothing_is_refused(self) -> Iterator[str]:
        """No schedule makes a member send what another may not take."""
        early = "unknown_key" if any(event.get("fault") == "key_change" for event in self.events) else ""
        for store in self.stores.values():
            for entry in store.quarantine:
                if entry["reason"] == early:  # it came before the roster that names its key, and again behind it
                    continue
                why = f"{entry['reason']}, {entry['detail']}"
                yield f"{store.code} refused {entry['hash'][:16]} via {entry['via']}: {why}"

    def clocks_are_shown(self) -> Iterator[str]:
        """A frame is marked as of a suspect clock if, and only if, its time is out by more than the tolerance (6.4)."""
        for store in self.stores.values():
            for row in store.rows:
                ahead_us = row["sealed_at"] - row["admitted_at"]
                is_out = ahead_us > CLOCK_TOLERANCE_US or (row["path"] == "live" and -ahead_us > CLOCK_TOLERANCE_US)
                if bool(row["clock_suspect"]) != is_out:
                    shown = "is" if row["clock_suspect"] else "is not"
                    yield f"{store.code}: frame {row['hash'][:16]}, {ahead_us / 1e6:.1f} s ahead, {shown} marked"

    def bounds_hold(self) -> Iterator[str]:
        """Memory and disk stay within bounds."""
        for event in self.events:
            for process, used_mb in event.get("memory_mb", {}).items():
                if used_mb > (NODE_MB if process.endswith("node") else SERVER_MB):
                    yield f"{process} held {used_mb} MB"
            for code, used in event.get("disk_bytes", {}).items():
                if used > DISK_MB * 1024**2:
                    yield f"the streams of {code} hold {used} bytes"

    def ends_are_clean(self) -> Iterator[str]:
        """All became level in time, no node ended by itself, and each left when told to."""
        full = {event["where"] for event in self.events if event.get("fault") == "disk_full"}
        if not any(event.get("quiet") for event in self.events):
            yield "the members never became level: " + next(
                (event["why"] for event in self.events if event.get("quiet") is False), "the run broke off"
            )
        for event in self.events:
            if "ended" in event and event["ended"] not in full:
                yield f"the node of {event['ended']} ended by itself at {event['at_s']} s with {event['code']}"
            if "restarted" in event and event["code"] != 0 and event["restarted"] not in full:
                how = "it hung" if event["code"] is None else event["code"]
                yield f"{event['restarted']} did not end cleanly at {event['at_s']} s: {how}"
            for code, exit_code in event.get("left", {}).items():
                if exit_code != 0:
                    yield f"{code} did not end cleanly: {'it hung' if exit_code is None else exit_code}"

    # -- what the laws ask ------------------------------------------------------------------------------------------

    def _held_records(self, store: Store) -> dict[tuple[str, str], list[str]]:
        """Return by originator and id the SHA-256 of each copy that can be asked for."""
        held = defaultdict(list)
        for row in store.records:
            data = store.frames[row["hash"]].data if row["hash"] in store.frames else b""
            raw = data[row["start"] : row["start"] + row["length"]]
            held[row["originator"], row["id"]].append(hashlib.sha256(raw).hexdigest())
        return held

    def _reached(self, originator: str, audience: str) -> frozenset[str]:
        return self.keys.reached(originator, frozenset(audience.split("-")))

    def _may_be_lost(self, code: str, id_: str) -> bool:
        """Tell whether the disk that a promise rested on was taken away, before anybody else had the record."""
        return id_ in self.lost[code] and not any(
            record is not None and record.id == id_
            for store in self.stores.values()
            for hash_ in self.saved & store.frames.keys()
            for record in store.frames[hash_].records
        )

    def _is_gone(self, chain: Chain, epoch: str, number: int) -> bool:
        """Tell whether nobody has a frame and its originator's disk was taken away: nobody can give it back then."""
        return bool(self.lost[chain[0]]) and (chain, epoch, number) not in self.everywhere

    def _against_log(self, holder: str, values: dict[str, Any], marked: str) -> Iterator[str]:
        told = self.produced[values["originator"]].handed.get(values["id"])
        if told is None:
            if values["kind"] not in _DESK_KINDS:
                yield f"{holder} holds {values['kind']} {values['id']}, which nobody handed over"
            return
        found = {
            "audience": marked,
            "status": values["status"],
            "precedence": values["precedence"],
            "kind": values["kind"],
        }
        for name, value in found.items():
            if told[name] != value:
                yield f"{holder}: {name} of {values['id']} is {value}, and it was handed over as {told[name]}"

    def _resumed(
        self, where: str, chain: Chain, header: dict[str, Any], by_chain: dict[tuple[Chain, str], dict[int, Frame]]
    ) -> Iterator[str]:
        if "resumes" not in header:
            return
        if header["number"] != 1:
            yield f"{where}: frame {header['number']} resumes something"
        epoch, number, hash_ = header["resumes"]
        before = by_chain.get((chain, epoch), {}).get(number)
        if before is None and not self._is_gone(chain, epoch, number):
            yield f"{where} resumes {epoch} {number}, which is not held"
        if before is not None and before.hash != hash_:
            yield f"{where} resumes {epoch} {number} as {hash_[:16]}, and that is {before.hash[:16]}"


def in_force(path: Path) -> bool:
    """Tell whether a file in a member's folder holds a roster that is or was in force there."""
    return path.name == "roster.json" or path.parent.name == "rosters"


def read_store(home: Path) -> Store:
    """Read a member's store without anything of Tocsin."""
    with closing(sqlite3.connect(f"file:{home / 'data/store.db'}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row

        def rows(statement: str) -> list[dict[str, Any]]:
            return [dict(row) for row in database.execute(statement)]

        frames = rows("SELECT * FROM frames LEFT JOIN journal USING (hash)")
        records = rows("SELECT r.*, j.hash FROM records r LEFT JOIN journal j ON j.admission_order = r.frame_order")
        quarantine = rows("SELECT via, path, reason, detail, hash FROM quarantine")
    return Store(home.name, frames, {row["hash"]: take_apart(row["data"]) for row in frames}, records, quarantine)


def read_log(file: Path) -> Produced:
    """Read a producer's log; a last line that a kill has cut off counts for nothing."""
    produced = Produced()
    for line in file.read_text().splitlines() if file.exists() else ():
        entry = json.loads(line)
        if "handed" in entry:
            produced.handed[entry["handed"]] = entry
        elif "kept" in entry:
            produced.kept |= set(entry["kept"])
        else:
            produced.faults.append(json.dumps(entry))
    return produced

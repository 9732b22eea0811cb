"""The receiver's side of the contract (conformance/README.md): ``python -m conformance.receiver``."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from datetime import datetime
from typing import Any

from conformance.receiver.labels import combine, combine_status, derive
from conformance.receiver.proof import prove
from conformance.receiver.reader import Frame, Receiver, Trust, digest_of, next_hops, read_roster
from conformance.receiver.shapes import RefusedError, parts, read_json


class Answers:
    """One answer to each request."""

    def __init__(self) -> None:
        self.receiver = Receiver("")

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer; what this implementation does not do is ``unknown``."""
        method = getattr(self, f"do_{request['do']}", None)
        return method(request) if method else {"unknown": True}

    def do_hello(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"contract": 1, "name": "conformance.receiver", "protocol": "1.0"}

    def do_begin(self, request: dict[str, Any]) -> dict[str, Any]:
        limits = {name: request[name] for name in ("max_frame_bytes", "clock_tolerance_s") if name in request}
        self.receiver = Receiver(request["member"], **limits)
        return {}

    def do_document(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self.receiver.trust.take(base64.b64decode(request["data"]), datetime.fromisoformat(request["now"]))
        except RefusedError:
            return {"result": "refused"}
        return {"result": "accepted", "roster": self.receiver.trust.rosters[-1]["hash"]}

    def do_frame(self, request: dict[str, Any]) -> dict[str, Any]:
        now = datetime.fromisoformat(request["now"])
        return self.receiver.receive(
            base64.b64decode(request["data"]), via=request["via"], path=request["path"], now=now
        )

    def do_purge(self, request: dict[str, Any]) -> dict[str, Any]:
        data = base64.b64decode(request["data"])
        frame, whole = Frame(data), dict(parts(data.decode()))
        slips = [
            '{"recalled":true}' if index in request["indexes"] else text
            for index, (_, text) in enumerate(parts(whole["records"]))
        ]
        whole["records"] = f"[{','.join(slips)}]"
        text = "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in whole.items()) + "}"
        return {"data": base64.b64encode(text.encode()).decode(), "hash": frame.hash}

    def do_prove(self, request: dict[str, Any]) -> dict[str, Any]:
        frames = [base64.b64decode(each) for each in request["frames"]]
        documents = [base64.b64decode(each) for each in request["documents"]]
        kinds = [(read_json(each)[0]["payload_type"], each) for each in documents]
        rosters = [read_roster(read_json(each)[0]["payload"].encode()) for kind, each in kinds if ".roster." in kind]
        return prove(frames, rosters, [each for kind, each in kinds if ".revocation." in kind])

    def do_digest(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"digest": digest_of(request["salt"], base64.b64decode(request["record"]))}

    def do_hash(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"hash": hashlib.sha256(base64.b64decode(request["header"])).hexdigest()}

    def do_combine(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"result": combine(request["first"], request["second"])}

    def do_derive(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"result": derive(request["member"], request["sources"])}

    def do_status(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"result": combine_status(request["first"], request["second"])}

    def do_reached(self, request: dict[str, Any]) -> dict[str, Any]:
        trust = _network(request["links"])
        inside = (
            set(trust.rosters[-1]["members"])
            if request["audience"] == "PUBLIC"
            else set(request["audience"].split("-"))
        )
        found, edge = {request["member"]}, [request["member"]]
        while edge:
            nearer = set(trust.neighbours(edge.pop())) & inside - found
            found |= nearer
            edge += nearer
        return {"result": sorted(found - {request["member"]})}

    def do_next_hops(self, request: dict[str, Any]) -> dict[str, Any]:
        trust, audience = _network(request["links"]), request["audience"].split("-")
        return {"result": next_hops(trust, request["member"], request["originator"], audience, request["via"])}


def _network(links: list[list[str]]) -> Trust:
    trust = Trust()
    ends = [{"dialler": one, "listener": other} for one, other in links]
    trust.rosters = [{"members": {code: [] for link in links for code in link}, "links": ends}]
    return trust


def main() -> None:
    """Answer each line of the standard input with a line."""
    answers = Answers()
    for line in sys.stdin:
        print(json.dumps(answers.answer(json.loads(line))), flush=True)  # noqa: T201 - the contract


if __name__ == "__main__":
    main()

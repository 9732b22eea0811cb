"""The federation protocol without I/O: seal, release, relay; admit, number, ask for what is missing."""

from tocsin.exchange.admission import Reason, Rejected
from tocsin.exchange.approving import (
    APPROVAL_TYPE,
    ApprovalStanding,
    StandingCode,
    challenge_of,
    digest_of,
    signed_parts,
    standing_of,
)
from tocsin.exchange.chains import ForeignChains, Memory, NoMemory
from tocsin.exchange.derivation import Label, LookUp, strictest
from tocsin.exchange.downgrade import carry_out, sign_downgrade
from tocsin.exchange.epochs import Epoch
from tocsin.exchange.frames import FRAME_TYPE, PROTOCOL, Envelope, Header, open_frame, with_records, without_records
from tocsin.exchange.inward import Incoming
from tocsin.exchange.ledger import Usage, claim_of
from tocsin.exchange.neighbours import Missing, Neighbour
from tocsin.exchange.outward import Outgoing
from tocsin.exchange.policy import Policy, Releaser, ReleaseRule, Sanitising
from tocsin.exchange.protocol import Exchange
from tocsin.exchange.quotas import Quotas, Rate, Traffic
from tocsin.exchange.release import next_hops, reachable, release_frame, release_part, release_record, release_to_public
from tocsin.exchange.verification import Break, Gap, Reader, Report, verify_frames

__all__ = [
    "APPROVAL_TYPE",
    "FRAME_TYPE",
    "PROTOCOL",
    "ApprovalStanding",
    "Break",
    "Envelope",
    "Epoch",
    "Exchange",
    "ForeignChains",
    "Gap",
    "Header",
    "Incoming",
    "Label",
    "LookUp",
    "Memory",
    "Missing",
    "Neighbour",
    "NoMemory",
    "Outgoing",
    "Policy",
    "Quotas",
    "Rate",
    "Reader",
    "Reason",
    "Rejected",
    "ReleaseRule",
    "Releaser",
    "Report",
    "Sanitising",
    "StandingCode",
    "Traffic",
    "Usage",
    "carry_out",
    "challenge_of",
    "claim_of",
    "digest_of",
    "next_hops",
    "open_frame",
    "reachable",
    "release_frame",
    "release_part",
    "release_record",
    "release_to_public",
    "sign_downgrade",
    "signed_parts",
    "standing_of",
    "strictest",
    "verify_frames",
    "with_records",
    "without_records",
]

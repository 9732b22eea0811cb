"""Keys, signed documents, the roster and the certificates of links. Knows bytes, not records."""

from tocsin.signing.certificates import (
    CertificateFiles,
    certificate_pin,
    expires_at,
    is_issued_by,
    issue_certificates,
)
from tocsin.signing.documents import Signature, SignedDocument, fingerprint
from tocsin.signing.keys import (
    ROLE_OF_STATUS,
    KeyRole,
    PrivateKey,
    PublicKey,
    Verifier,
    pre_authentication_encoding,
    write_secret,
)
from tocsin.signing.roster import (
    KeyRevocation,
    LastHead,
    Link,
    LinkIdentity,
    Roster,
    RosterMember,
    retirements,
    unsigned,
)
from tocsin.signing.trust import Trust, chained, read_roster

__all__ = [
    "ROLE_OF_STATUS",
    "CertificateFiles",
    "KeyRevocation",
    "KeyRole",
    "LastHead",
    "Link",
    "LinkIdentity",
    "PrivateKey",
    "PublicKey",
    "Roster",
    "RosterMember",
    "Signature",
    "SignedDocument",
    "Trust",
    "Verifier",
    "certificate_pin",
    "chained",
    "expires_at",
    "fingerprint",
    "is_issued_by",
    "issue_certificates",
    "pre_authentication_encoding",
    "read_roster",
    "retirements",
    "unsigned",
    "write_secret",
]

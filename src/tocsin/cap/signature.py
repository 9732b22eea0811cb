"""XML signatures of CAP messages: made by the sender's own key, checked by the certificates that one has of a sender.

A signature is enveloped, over the whole message, by ECDSA with P-256 and SHA-256, as senders that sign use it. Only
what was signed is handed on, never the file around it; a certificate inside the message proves nothing by itself.

Source:
    XML Signature Syntax and Processing 1.1 (W3C, 2013); XML Signature Best Practices (W3C, 2013), sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature as CryptographyInvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from tocsin.cap.model import SIGNATURE_NAMESPACE
from tocsin.cap.parsing import parse
from tocsin.errors import CapError

_SIGNATURE = f"{{{SIGNATURE_NAMESPACE}}}Signature"

_ACCEPTED = SignatureConfiguration(
    require_x509=True,
    location="./",
    expect_references=1,
    signature_methods=frozenset(
        {
            SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
            SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
        }
    ),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
    ignore_ambiguous_key_info=True,  # the key is that of our certificate, whatever stands beside it
)  # fmt: skip


def sign_cap(message: bytes, *, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    """Sign a message.

    Args:
        message: As ``write_cap`` returns it, not signed yet.
        key: On the curve P-256.
        certificate: Of that key; goes into the message.

    Returns:
        The message with its signature, which stays valid CAP.

    Raises:
        CapError: It is signed already, or is no XML.
        ValueError: The certificate is not that of the key.
    """
    if certificate.public_key() != key.public_key():
        raise ValueError("the certificate is not that of the key")
    root = parse(message)
    if root.find(_SIGNATURE) is not None:
        raise CapError("the message is signed already", advice="Sign what was written, before it is signed")
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1,
    )
    signed = signer.sign(root, key=key, cert=certificate.public_bytes(Encoding.PEM).decode())
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8") + b"\n"


def is_signed(message: bytes) -> bool:
    """Tell whether a message has a signature, whatever it is worth.

    Raises:
        CapError: It is no XML.
    """
    return parse(message).find(_SIGNATURE) is not None


def signed_part(message: bytes, certificates: Sequence[x509.Certificate], *, at: datetime) -> bytes:
    """Return what one of these certificates' keys has signed: read this, and not the message.

    Args:
        message: As received.
        certificates: Those that one holds of the sender, from elsewhere than the message.
        at: When they have to be valid; now, or for a message from an archive, then. UTC.

    Raises:
        CapError: There is no signature, more than one, one over less than the whole, or none of these keys made it.
    """
    root = parse(message, keep_comments=True)
    found = root.findall(f".//{_SIGNATURE}")
    if len(found) != 1 or found[0].getparent() is not root:
        raise CapError(
            f"{len(found)} signatures, of one as a child of alert",
            path="alert/Signature",
            line=found[0].sourceline or 0 if found else 0,
            advice="Ask the sender for a message signed as a whole",
        )
    expected = replace(_ACCEPTED, verification_time=at)
    reasons = []
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                root, x509_cert=certificate.public_bytes(Encoding.PEM).decode(), expect_config=expected
            )
        except (SignXMLException, CryptographyInvalidSignature, etree.LxmlError, ValueError, TypeError) as error:
            reasons.append(str(error) or type(error).__name__)
            continue
        if isinstance(result, list) or result.signed_xml is None or result.signed_xml.tag != root.tag:
            reasons.append("it does not cover the whole message")
            continue
        return bytes(result.signed_data)
    raise CapError(
        f"no certificate that is known made the signature ({reasons[0] if reasons else 'none is known'})",
        path="alert/Signature",
        line=found[0].sourceline or 0,
        advice="Do not believe the message; ask the sender over another way, or get its present certificate",
    )

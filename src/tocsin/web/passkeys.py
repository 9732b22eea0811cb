"""Passkeys at home: registration, sign-in and approvals by W3C Web Authentication, Level 2.

What other members see of a passkey, and how they check what it signed, is in ``signing`` and ``exchange``.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
import webauthn
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tocsin.clock import Clock
from tocsin.errors import ConfigError, SignatureError
from tocsin.exchange import challenge_of, signed_parts
from tocsin.records import Approval, Assertion, Credential
from tocsin.signing import from_base64url, require_passkey, to_base64url, verify_passkey
from tocsin.web.acting_shapes import PasskeyMade, PasskeyUsed
from tocsin.web.ceremonies import LASTS_S, Ceremonies
from tocsin.web.people import Account, Passkey, People

_ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_COUNTER = slice(33, 37)
"""Of authenticator data, big-endian (Web Authentication Level 2, section 6.1)."""

Options = dict[str, Any]
"""What a browser's ``navigator.credentials`` takes, as JSON."""


@dataclass(frozen=True)
class RelyingParty:
    """For whom passkeys are made: a watch floor under one address."""

    rp_id: str
    """Its domain."""
    origin: str
    """Of its pages, such as ``https://watch.example``."""
    name: str


class Passkeys:
    """The passkeys of one watch floor's people.

    Args:
        people: Whose they are.
        party: For whom they are made.
        clock: The time of what is added; its monotonic time for how long a person may take.
    """

    def __init__(self, people: People, party: RelyingParty, clock: Clock) -> None:
        self.party = party
        self._people = people
        self._clock = clock
        self._registering: Ceremonies[bytes] = Ceremonies(clock)
        self._signing_in: Ceremonies[bytes] = Ceremonies(clock)
        self._approving: Ceremonies[tuple[str, Approval]] = Ceremonies(clock)

    # -- adding -----------------------------------------------------------------------------------------------------

    def ask_new(self, browser: str, account: Account) -> Options:
        """Ask a signed-in person's authenticator for a new passkey.

        Raises:
            ConfigError: The person is not in the member's file.
        """
        known = self._known(account)
        challenge = secrets.token_bytes(32)
        self._registering.begin(browser, challenge)
        # names stay at home, and authenticators keep theirs where their makers want: the pseudonym is what they get
        return _json(
            webauthn.generate_registration_options(
                rp_id=self.party.rp_id, rp_name=self.party.name, user_name=known.pseudonym,
                user_id=known.user_handle, challenge=challenge, timeout=int(LASTS_S * 1000),
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
                ),
                exclude_credentials=_descriptors(known), supported_pub_key_algs=_ALGORITHMS,
            )
        )  # fmt: skip

    def add(self, browser: str, account: Account, label: str, made: PasskeyMade) -> Passkey:
        """Take a new passkey in.

        Raises:
            SignatureError: It is not what was asked for, or another browser's answer, or too late.
            ConfigError: The person is not in the member's file, or has too many passkeys.
        """
        challenge = self._registering.take(browser)
        if challenge is None:
            raise SignatureError("no passkey was asked for here, or too long ago", advice="Try again")
        try:
            verified = webauthn.verify_registration_response(
                credential=msgspec.to_builtins(made), expected_challenge=challenge, expected_rp_id=self.party.rp_id,
                expected_origin=self.party.origin, require_user_verification=True, supported_pub_key_algs=_ALGORITHMS,
            )  # fmt: skip
            public_key_info(verified.credential_public_key)
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise SignatureError(f"this passkey cannot be taken: {error}", advice="Try again") from error
        passkey_id = to_base64url(verified.credential_id)
        if self._people.by_passkey(passkey_id) is not None:
            raise ConfigError("this passkey is known here already", advice="Use another authenticator")
        passkey = Passkey(
            id=passkey_id, public_key=to_base64url(verified.credential_public_key), label=label,
            added_at=self._clock.now(), counter=verified.sign_count,
        )  # fmt: skip
        self._people.put_passkey(account.name, passkey)
        return passkey

    def remove(self, account: Account, passkey_id: str) -> None:
        """Take a person's passkey away.

        Raises:
            ConfigError: The person has no such passkey.
        """
        self._people.remove_passkey(account.name, passkey_id)

    # -- signing in -------------------------------------------------------------------------------------------------

    def ask_who(self, browser: str) -> Options:
        """Ask whoever sits at a browser for any passkey of this watch floor."""
        challenge = secrets.token_bytes(32)
        self._signing_in.begin(browser, challenge)
        return self._ask(challenge, [])

    def sign_in(self, browser: str, used: PasskeyUsed) -> Account:
        """Return whose passkey answered.

        Raises:
            SignatureError: Nobody's here, or it does not verify, or it answers another challenge or too late.
        """
        challenge = self._signing_in.take(browser)
        if challenge is None:
            raise SignatureError("no passkey was asked for here, or too long ago", advice="Try again")
        found = self._people.by_passkey(used.id)
        if found is None:
            raise SignatureError(
                "this passkey is not known here", advice="Sign in another way and add it, or ask for an enrolment code"
            )
        account, passkey = found
        try:
            verified = webauthn.verify_authentication_response(
                credential=msgspec.to_builtins(used), expected_challenge=challenge, expected_rp_id=self.party.rp_id,
                expected_origin=self.party.origin, credential_public_key=from_base64url(passkey.public_key),
                credential_current_sign_count=0, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise SignatureError(f"this passkey does not verify: {error}", advice="Try again") from error
        self._count(account, passkey, verified.new_sign_count)
        return account

    # -- approving --------------------------------------------------------------------------------------------------

    def ask_approval(self, browser: str, account: Account, approval: Approval, member: str) -> Options:
        """Ask a signed-in person's authenticator to sign what the person decides.

        Raises:
            ConfigError: The person has no passkey.
        """
        known = self._known(account)
        if not known.passkeys:
            raise ConfigError("you have no passkey here", advice="Add one under Passkeys")
        self._approving.begin(browser, (member, approval))
        return self._ask(challenge_of(approval, member), _descriptors(known))

    def approve(self, browser: str, account: Account, used: PasskeyUsed) -> tuple[Approval, Passkey]:
        """Return what was asked to be signed, with the signature, and the passkey that made it.

        Raises:
            SignatureError: It does not verify, or it is not this person's, or nothing was asked, or too long ago.
        """
        asked = self._approving.take(browser)
        if asked is None:
            raise SignatureError("nothing was laid before you to sign, or too long ago", advice="Begin again")
        member, approval = asked
        found = self._people.by_passkey(used.id)
        if found is None or found[0].name != account.name:
            raise SignatureError("this passkey is not yours here", advice="Use one that is listed under Passkeys")
        passkey = found[1]
        try:
            assertion = Assertion(
                credential=used.id, client_data=used.response.client_data, signature=used.response.signature,
                authenticator_data=used.response.authenticator_data,
            )  # fmt: skip
        except ValueError as error:
            raise SignatureError(f"the answer cannot be read: {error}", advice="Begin again") from error
        parts = signed_parts(assertion)
        verify_passkey(
            parts, challenge=challenge_of(approval, member), rp_id=self.party.rp_id, origin=self.party.origin,
            public_key=public_key_info(from_base64url(passkey.public_key)),
        )  # fmt: skip
        self._count(account, passkey, int.from_bytes(parts.authenticator_data[_COUNTER], "big"))
        return msgspec.structs.replace(approval, assertion=assertion), passkey

    def credential(self, account: Account, passkey: Passkey) -> Credential:
        """Return what other members are told of a passkey."""
        return Credential(
            credential=passkey.id, pseudonym=account.pseudonym, roles=account.roles, rp_id=self.party.rp_id,
            public_key=to_base64url(public_key_info(from_base64url(passkey.public_key))), origin=self.party.origin,
            valid_from=passkey.added_at,
        )  # fmt: skip

    # -- inside -----------------------------------------------------------------------------------------------------

    def _ask(self, challenge: bytes, allowed: list[PublicKeyCredentialDescriptor]) -> Options:
        return _json(
            webauthn.generate_authentication_options(
                rp_id=self.party.rp_id, challenge=challenge, timeout=int(LASTS_S * 1000), allow_credentials=allowed,
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )  # fmt: skip

    def _known(self, account: Account) -> Account:
        known = self._people.by_name(account.name)
        if known is None:
            raise ConfigError("you are a guest here", advice="Passkeys are for people of tocsin people add")
        return known

    def _count(self, account: Account, passkey: Passkey, counter: int) -> None:
        """Keep the counter, by which a copy of an authenticator betrays itself (section 6.1.1)."""
        if (counter or passkey.counter) and counter <= passkey.counter:
            raise SignatureError(
                "the counter of this passkey went back, so there may be a copy of it",
                advice="Sign in another way, remove this passkey and add a new one",
            )
        if counter != passkey.counter:
            self._people.put_passkey(account.name, msgspec.structs.replace(passkey, counter=counter))


def public_key_info(cose: bytes) -> bytes:
    """Return a COSE public key as SubjectPublicKeyInfo in DER, which others read without CBOR.

    Raises:
        SignatureError: It is not of a sort that passkeys have here.
        ValueError: It is no public key.
    """
    key = decoded_public_key_to_cryptography(decode_credential_public_key(cose))
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    require_passkey(info)
    return info


def _descriptors(account: Account) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=from_base64url(passkey.id)) for passkey in account.passkeys]


def _json(options: Any) -> Options:
    told: Options = json.loads(webauthn.options_to_json(options))
    return told

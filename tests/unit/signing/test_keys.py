from __future__ import annotations

import stat

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tocsin.errors import ConfigError, SignatureError
from tocsin.signing import KeyRole, PrivateKey, PublicKey, keys, pre_authentication_encoding, write_secret

KEY = PrivateKey.from_seed(KeyRole.TEST, bytes(32))


def test_the_bytes_that_are_signed():
    # DSSE protocol v1.0, the example of its test vectors
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_signature_holds_for_its_bytes_its_type_and_its_key():
    signature = KEY.sign("t", b"payload")
    KEY.public.verifier().verify("t", b"payload", signature)
    other = PrivateKey.generate(KeyRole.TEST).public.verifier()
    for verifier, kind, payload in [
        (KEY.public.verifier(), "t", b"payloaD"),
        (KEY.public.verifier(), "u", b"payload"),
        (other, "t", b"payload"),
    ]:
        with pytest.raises(SignatureError, match="does not verify under key"):
            verifier.verify(kind, payload, signature)


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "ünlaut", "署名", "=", "A" * 88, "\x00"])
def test_a_signature_that_is_none_is_refused_not_fatal(signature):
    with pytest.raises(SignatureError):
        KEY.public.verifier().verify("t", b"payload", signature)


@pytest.mark.parametrize("public", ["AAAA", "not base64!", "ü" * 44])
def test_a_public_key_has_32_bytes(public):
    with pytest.raises(ValueError, match=r"32 bytes|base64"):
        PublicKey(role=KeyRole.LIVE, public=public)


def test_a_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "live.pem"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PrivateKey.load(KeyRole.TEST, path).keyid == KEY.keyid
    with pytest.raises(ConfigError, match="cannot be written: File exists"):
        write_secret(path, b"other")
    assert PrivateKey.load(KeyRole.TEST, path).keyid == KEY.keyid


def test_keys_that_cannot_be_used_say_why(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="cannot read the key: No such file"):
        PrivateKey.load(KeyRole.LIVE, tmp_path / "none.pem")
    path = tmp_path / "key.pem"
    write_secret(path, b"not a key")
    with pytest.raises(ConfigError, match="is not a private key in PEM"):
        PrivateKey.load(KeyRole.LIVE, path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=r"others can read this key.*chmod 600"):
        PrivateKey.load(KeyRole.LIVE, path)
    other = tmp_path / "ec.pem"
    elliptic = ec.generate_private_key(ec.SECP256R1())
    write_secret(other, elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigError, match="is not an Ed25519 key"):
        PrivateKey.load(KeyRole.LIVE, other)

    def unsupported(*_, **__):
        raise UnsupportedAlgorithm("curve")

    monkeypatch.setattr(keys, "load_pem_private_key", unsupported)
    with pytest.raises(ConfigError, match="is not a private key in PEM"):
        PrivateKey.load(KeyRole.LIVE, other)

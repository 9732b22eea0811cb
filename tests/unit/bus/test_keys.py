"""NATS keys."""

from __future__ import annotations

from pathlib import Path

import nkeys
import pytest

from tocsin.bus.keys import new_nkey, public_of, read_seed
from tocsin.errors import ConfigError

# the pair in the tests of the NATS project's own libraries (nkeys.py, nkeys.rb)
SEED = "SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU"
PUBLIC = "UCK5N7N66OBOINFXAYC2ACJQYFSOD4VYNU6APEJTAVFZB2SVHLKGEW7L"


def test_the_public_key_of_a_known_seed() -> None:
    assert public_of(SEED) == PUBLIC
    assert public_of(f"{SEED}\n") == PUBLIC


def test_new_keys_differ_and_sign() -> None:
    first, second = new_nkey(), new_nkey()
    assert first != second
    assert first.seed.startswith("SU")
    assert first.public.startswith("U")
    assert len(first.public) == 56
    pair = nkeys.from_seed(bytearray(first.seed.encode()))
    assert pair.verify(b"nonce", pair.sign(b"nonce"))


@pytest.mark.parametrize("seed", ["", "SU", "hello", PUBLIC, "SUÄ", SEED[:-4]])
def test_what_is_no_seed(seed: str) -> None:
    with pytest.raises(ValueError, match="no seed"):
        public_of(seed)


def test_a_seed_of_another_type() -> None:
    account = nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_ACCOUNT).decode()
    with pytest.raises(ValueError, match="another type"):
        public_of(account)


def test_a_seed_file_is_named_and_never_quoted(tmp_path: Path) -> None:
    path = tmp_path / "app.nk"
    with pytest.raises(ConfigError, match="No such file"):
        read_seed(str(path))
    path.write_text("secret but wrong")
    with pytest.raises(ConfigError, match=str(path)) as caught:
        read_seed(str(path))
    assert "secret" not in str(caught.value)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not ASCII"):
        read_seed(str(path))
    path.write_text(f"{SEED}\n")
    assert read_seed(str(path)).public == PUBLIC

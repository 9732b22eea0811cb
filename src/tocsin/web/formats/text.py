"""Text of records in XML: what a peer wrote may hold signs that no XML document can."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Leave out what XML 1.0 cannot hold (section 2.2)."""
    return _NOT_XML.sub("", text)

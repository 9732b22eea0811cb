"""Bytes of strangers to an XML tree that is CAP by the schema, without harm.

No document type (so no entities, no external ones above all), nothing fetched, size and depth bounded.

Source:
    OWASP, XML External Entity Prevention; XML Signature Best Practices (W3C, 2013), section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import msgspec
from lxml import etree

from tocsin.cap.findings import Finding
from tocsin.cap.model import NAMESPACE
from tocsin.errors import CapError

MAX_CAP_BYTES = 1_000_000
"""Longer messages are refused unread; real ones have a few thousand."""

MAX_DEPTH = 24
"""Elements within elements; CAP itself has 5, a signature some more."""

MAX_FINDINGS = 50
"""No more are told of one message: a broken one can break a rule in every line."""

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_HINTS = (f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation")

_OLDER = {
    "http://www.incident.com/cap/1.0", "urn:oasis:names:tc:emergency:cap:1.0", "urn:oasis:names:tc:emergency:cap:1.1",
}  # fmt: skip


def parse(data: bytes, *, keep_comments: bool = False) -> etree._Element:
    """Parse a message.

    Args:
        data: The file, in any encoding that XML knows.
        keep_comments: As a check of a signature needs it; otherwise text that a comment parts is one text.

    Returns:
        The root element; of what namespace and form is not looked at.

    Raises:
        CapError: It is no XML, too large or too deep, or has a document type.
    """
    if len(data) > MAX_CAP_BYTES:
        raise CapError(f"{len(data)} bytes, of at most {MAX_CAP_BYTES}", advice="Is it an alert at all?")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=not keep_comments,
        remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CapError(
            f"no XML: {error.msg}", line=error.lineno or 0, advice="Mend the file where it is said, or send it again"
        ) from error
    except (ValueError, LookupError) as error:  # an encoding that does not exist, among others
        raise CapError(f"no XML: {error}", advice="Send it in UTF-8") from error
    tree = root.getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise CapError("it has a document type, which could hold entities", advice="Leave out <!DOCTYPE …>")
    _require_shallow(root)
    return root


def schema_findings(root: etree._Element) -> list[Finding]:
    """Return what the schema of CAP 1.2 has against a message, at most ``MAX_FINDINGS``.

    The tree loses hints of where schemas are.
    """
    if root.tag != f"{{{NAMESPACE}}}alert":
        return [_foreign(root)]
    for element in root.iter(etree.Element):  # the validator would follow them, to any file or address
        for hint in _HINTS:
            element.attrib.pop(hint, None)
    schema = _schema()
    if schema.validate(root):
        return []
    found = [
        Finding(
            rule="schema",
            where=_where(root, entry.path),
            line=max(entry.line, 0),
            what=entry.message.replace(f"{{{NAMESPACE}}}", "").rstrip(".")[:400],
            advice="Follow the schema of CAP 1.2: names, order and values of elements",
        )
        for entry in schema.error_log
    ]
    return found[:MAX_FINDINGS]


def located(root: etree._Element, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with the lines of what they name, at most ``MAX_FINDINGS``."""
    return tuple(msgspec.structs.replace(each, line=_line_of(root, each.where)) for each in findings[:MAX_FINDINGS])


def _line_of(root: etree._Element, where: str) -> int:
    """Return the line of an element that a finding names, or of the nearest one above; 0 if there is none."""
    element, line = root, root.sourceline or 0
    for part in where.split("/")[1:]:
        name, _, rest = part.partition("[")
        of_name = element.findall(f"{{{NAMESPACE}}}{name}")
        place = int(rest.rstrip("]")) - 1 if rest else 0
        if place >= len(of_name):
            break
        element = of_name[place]
        line = element.sourceline or line
    return line


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    data = resources.files("tocsin.cap").joinpath("data", "CAP-v1.2.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(data))


def _require_shallow(root: etree._Element) -> None:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise CapError(
                f"elements are nested more than {MAX_DEPTH} deep",
                line=element.sourceline or 0,
                advice="CAP needs 5 levels; is it an alert at all?",
            )


def _foreign(root: etree._Element) -> Finding:
    name = etree.QName(root)
    if name.namespace in _OLDER:
        what, advice = f"this is CAP of an older version ({name.namespace})", "Ask the sender for CAP 1.2"
    else:
        what = f"the outermost element is {name.localname!r} of {name.namespace or 'no namespace'}"
        advice = f"A CAP 1.2 message is an element alert of {NAMESPACE}"
    return Finding(rule="schema", where="", line=root.sourceline or 0, what=what, advice=advice)


def _where(root: etree._Element, path: str | None) -> str:
    """Say by names and places which element the validator means."""
    try:
        found = root.getroottree().xpath(path) if path else []
    except etree.XPathError:  # it leads through a prefix that nobody declared
        found = []
    element = found[0] if isinstance(found, list) and found else root
    parts: list[str] = []
    while isinstance(element, etree._Element) and (parent := element.getparent()) is not None:  # noqa: SLF001 - lxml's own name for it
        alike = [each for each in parent if each.tag == element.tag]
        place = f"[{alike.index(element) + 1}]" if len(alike) > 1 else ""
        parts.append(f"{etree.QName(element).localname}{place}")
        element = parent
    return "/".join(["alert", *reversed(parts)])

"""Messages made to harm or to deceive get a clear error, and nothing happens."""

from __future__ import annotations

import pytest
from tests.cap_messages import alert, info

from tocsin.cap import MAX_CAP_BYTES, check_cap, read_cap, write_cap
from tocsin.errors import CapError

GOOD = write_cap(alert()).decode()


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


def with_doctype(doctype, old="<identifier>jpn-1", new="<identifier>&x;"):
    return changed(old, new).replace(b"?>", b"?>" + doctype.encode(), 1)


LAUGHS = "<!DOCTYPE alert [<!ENTITY a 'haha'>" + "".join(
    f"<!ENTITY {'a' * n} '{('&' + 'a' * (n - 1) + ';') * 10}'>" for n in range(2, 12)
) + f"<!ENTITY x '&{'a' * 11};'>]>"  # fmt: skip

HOSTILE = {
    "external entity": (with_doctype("<!DOCTYPE alert [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"), "document type"),
    "parameter entity": (
        with_doctype("<!DOCTYPE alert [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'> %p;]>", new="<identifier>"),
        "document type",
    ),
    "billion laughs": (with_doctype(LAUGHS), "document type|no XML"),
    "laughs in an attribute": (with_doctype(LAUGHS, "<alert ", "<alert a='&x;' "), "document type|no XML"),
    "document type alone": (with_doctype("<!DOCTYPE alert>", new="<identifier>"), "document type"),
    "an entity that nobody declared": (changed("jpn-1", "&x;"), "no XML"),
    "too large": (changed("jpn-1", "a" * MAX_CAP_BYTES), "bytes, of at most"),
    "too deep": (changed("</alert>", "<a>" * 60 + "</a>" * 60 + "</alert>"), "deep"),
    "far too deep": (changed("</alert>", "<a>" * 9000 + "</a>" * 9000 + "</alert>"), "deep|no XML"),
    "cut off": (GOOD[:700].encode(), "no XML"),
    "two roots": ((GOOD + "<alert/>").encode(), "no XML"),
    "nothing": (b"", "no XML"),
    "blanks": (b" \n ", "no XML"),
    "zero bytes": (b"\0" * 100, "no XML"),
    "not UTF-8": (GOOD.encode().replace(b"jpn-1", b"\xff\xfe"), "no XML"),
    "an encoding that is none": (GOOD.replace("UTF-8", "X-NONE-9").encode(), "no XML"),
    "JSON": (b'{"alert": 1}', "no XML"),
    "HTML": (b"<html><body>503</body></html>", "html"),
    "CAP 1.1": (changed("cap:1.2", "cap:1.1"), "older version"),
    "another namespace": (changed("urn:oasis:names:tc:emergency:cap:1.2", "urn:x"), "outermost"),
    "an element of our own": (changed("</sender>", "</sender><trust>yes</trust>"), "trust"),
    "an attribute": (changed("<status>", "<status trust='yes'>"), "trust"),
    "a prefix that nobody declared": (changed("</sender>", "</sender><x:y/>"), "x:y|no XML"),
    "order turned": (changed("<status>Actual</status>", "") , "status"),
    "a status of our own": (changed("<status>Actual", "<status>REAL"), "status"),
    "no such day": (changed("2026-01-31T07:50:00+09:00</sent>", "2026-02-31T07:50:00+09:00</sent>"), "sent"),
    "Z": (changed("2026-01-31T07:50:00+09:00</sent>", "2026-01-31T07:50:00Z</sent>"), "sent"),
    "midnight of the day before": (changed("07:50:00+09:00</sent>", "24:00:00+09:00</sent>"), "no time"),
    "a year beyond time": (changed("2026-01-31T07:50:00+09:00</sent>", "9999-12-31T23:59:59-14:00</sent>"), "no time"),
    "a corner in words": (changed("43,141 ", "north,141 "), "no corner"),
    "a corner without end": (changed("43,141 ", "4" * 100_000 + ",141 "), "no corner"),
    "a corner that is no number": (changed("43,141 ", "NaN,inf "), "no corner"),
    "half a reference": (changed("<info>", "<references>jpn-0</references><info>" ), "names no message"),
    "a reference of no time": (changed("<info>", "<references>a,b,now</references><info>"), "names no message"),
    "a ceiling beyond the sky": (changed("</geocode>", "</geocode><ceiling>" + "9" * 400 + "</ceiling>"), "height"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_it_gets_a_clear_error(kind):
    data, says = HOSTILE[kind]
    with pytest.raises(CapError, match=says) as caught:
        read_cap(data)
    assert "root:" not in str(caught.value)  # of no file of this machine
    assert caught.value.advice
    assert len(str(caught.value)) < 1000
    assert check_cap(data).findings


def test_two_info_blocks_cannot_hide_findings_without_end():
    many = alert(infos=tuple(info(expires=info().effective) for _ in range(200)))
    assert len(check_cap(write_cap(many)).findings) == 50


def test_hints_of_other_schemas_are_not_followed(tmp_path):
    """The validator would open what xsi:schemaLocation names."""
    trap = tmp_path / "trap.xsd"
    trap.write_text("this would be an error if it were read")
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:oasis:names:tc:emergency:cap:1.2 {trap}" xsi:noNamespaceSchemaLocation="{trap}" '
    )
    assert read_cap(changed("<alert ", f"<alert {hint}")) == alert()


def test_a_comment_does_not_cut_a_text_in_two():
    """A signature without comments covers the whole text; whoever reads a part of it is deceived."""
    assert read_cap(changed("jpn-1", "jp<!-- -->n-1")).identifier == "jpn-1"
    assert read_cap(changed("jpn-1", "jp<?x y?>n-1")).identifier == "jpn-1"
    assert read_cap(changed("jpn-1", "<![CDATA[jpn-1]]>")).identifier == "jpn-1"


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16-LE", "EUC-JP", "Shift_JIS", "UTF-8-SIG"])
def test_encodings_of_the_region_are_read(encoding):
    named = encoding.removesuffix("-LE").removesuffix("-SIG")
    text = GOOD.replace("UTF-8", named).replace("Hokkaido", "北海道")
    assert read_cap(text.encode(encoding)).infos[0].areas[0].area_desc == "北海道"

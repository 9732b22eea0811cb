"""An Atom feed of CAP messages, as warning systems read them.

Source:
    RFC 4287 (Atom); OASIS CAP 1.2, section 1.6 (alerts in news feeds, media type application/cap+xml).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from tocsin.cap.model import DEFAULT_LANGUAGE, CapAlert, Info

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"


def atom_feed(title: str, address: str, alerts: Sequence[CapAlert], *, updated_at: datetime) -> bytes:
    """Return a feed, the newest message first.

    Args:
        title: Of the feed.
        address: Of the feed's folder, such as ``https://alerts.example/``; ends in a slash.
        alerts: Messages, the newest first.
        updated_at: When the feed last changed; UTC.
    """
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    _add(feed, "id", f"{address}feed.atom")
    _add(feed, "title", title)
    _add(feed, "updated", _time(updated_at))
    etree.SubElement(feed, f"{{{ATOM}}}link", rel="self", type="application/atom+xml", href=f"{address}feed.atom")
    _add(etree.SubElement(feed, f"{{{ATOM}}}author"), "name", title)
    for alert in alerts:
        _entry(etree.SubElement(feed, f"{{{ATOM}}}entry"), alert, address)
    etree.indent(feed)
    return etree.tostring(feed, xml_declaration=True, encoding="UTF-8") + b"\n"


def path_of(identifier: str) -> str:
    """Return where a message lies beside its feed."""
    return f"alerts/{identifier}.xml"


def _entry(entry: etree._Element, alert: CapAlert, address: str) -> None:
    _add(entry, "id", f"{address}{path_of(alert.identifier)}")
    info = _told(alert)
    _add(entry, "title", (info.headline if info is not None else None) or f"{alert.msg_type} {alert.identifier}")
    _add(entry, "updated", _time(alert.sent))
    _add(entry, "summary", (info.description if info is not None else None) or "")
    etree.SubElement(
        entry, f"{{{ATOM}}}category", term=alert.status, scheme="urn:oasis:names:tc:emergency:cap:1.2:status"
    )
    etree.SubElement(
        entry, f"{{{ATOM}}}category", term=alert.msg_type, scheme="urn:oasis:names:tc:emergency:cap:1.2:msgType"
    )
    etree.SubElement(
        entry, f"{{{ATOM}}}link", rel="alternate", type=CAP_TYPE, href=f"{address}{path_of(alert.identifier)}"
    )


def _told(alert: CapAlert) -> Info | None:
    """What stands in the feed itself: the English text, which everybody's reader shows, or else the first."""
    english = (info for info in alert.infos if info.language.startswith(DEFAULT_LANGUAGE[:2]))
    return next(english, alert.infos[0] if alert.infos else None)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = text

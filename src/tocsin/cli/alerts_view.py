"""Alerts as people read them at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from tocsin.node.alerts_seen import AlertSeen, MessageSeen

STYLES = {"sent": "green", "waits": "yellow", "delivered": "green", "failed": "red", "overtaken": "dim"}


def render_alerts(seen: Sequence[AlertSeen]) -> RenderableType:
    """Return each alert with its messages, the newest alert last."""
    if not seen:
        return Text("no alerts", "dim")
    return Group(*(line for alert in seen for line in _alert(alert)))


def _alert(alert: AlertSeen) -> list[Text]:
    world = "" if alert.cap_status == "Actual" else f"  {alert.cap_status.upper()}: not real"
    head = Text.assemble(
        (f"event {alert.event_id}", "bold"), (world, "bold magenta"), "  over" if alert.is_over else ""
    )
    return [head, *(line for message in alert.messages for line in _message(message))]


def _message(message: MessageSeen) -> list[Text]:
    confirmed = ", ".join(message.confirmed_by) or "nobody"
    lines = [
        Text.assemble(
            f"  {message.number}  {message.message.replace('_', '-')}  ", (message.state, STYLES[message.state]),
            f"  {', '.join(message.areas)}", (f"  {message.id}", "dim"),
        ),
        Text(f"     confirmed by {confirmed}, wants {message.confirmations}"),
    ]  # fmt: skip
    lines += [Text(f"     held: {reason}", "yellow") for reason in message.held]
    lines += [
        Text.assemble(f"     {channel}: ", (state, STYLES.get(state, "yellow")))
        for channel, state in message.channels.items()
    ]
    return lines

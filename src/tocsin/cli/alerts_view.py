"""Alerts as people read them at a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from tocsin.alerts import AlertSeen, ChannelHealth, MessageSeen, Place
from tocsin.node.alerts_seen import OfficeSeen

STYLES = {"sent": "green", "waits": "yellow", "delivered": "green", "failed": "red", "overtaken": "dim"}
PLACES: dict[Place, str] = {
    "sent": "sent", "next": "waits", "begun": "waits", "end": "waits", "ready": "kept ready if the other is wrong",
    "old": "replaced",
}  # fmt: skip


def render_alerts(seen: OfficeSeen) -> RenderableType:
    """Return the channels and each alert with its messages, the newest alert last."""
    state = ("open", "green") if seen.is_open else ("off until tocsin check --public-warning passes", "yellow")
    lines = [Text.assemble("channels to the public are ", state), *map(_channel, seen.channels)]
    alerts = [line for alert in seen.alerts for line in _alert(alert)]
    return Group(*lines, *(alerts or [Text("no alerts", "dim")]))


def _channel(health: ChannelHealth) -> Text:
    good, style = ("never tested", "dim")
    if health.good_at is not None:
        good, style = f"last good test {health.good_at:%Y-%m-%d %H:%M:%S}Z", "green"
    problem = f"  FAILED its last test: {health.problem}" if health.problem else ""
    return Text.assemble(f"  {health.channel}: ", (good, style), (problem, "red"))


def _alert(alert: AlertSeen) -> list[Text]:
    world = "" if alert.cap_status == "Actual" else f"  {alert.cap_status.upper()}: not real"
    head = Text.assemble(
        (f"event {alert.event_id}", "bold"), (world, "bold magenta"), "  over" if alert.is_over else ""
    )
    return [head, *(line for message in alert.messages for line in _message(message))]


def _message(message: MessageSeen) -> list[Text]:
    place = PLACES[message.place]
    lines = [
        Text.assemble(
            f"  {message.number}  {message.message.replace('_', '-')}  ", (place, STYLES.get(place, "dim")),
            f"  {', '.join(each.area for each in message.areas)}", (f"  {message.id}", "dim"),
        )
    ]  # fmt: skip
    if message.place == "old":
        return lines
    confirmed = ", ".join(f"{each.person.pseudonym} ({each.person.role})" for each in message.confirmed if each.is_yes)
    missing = "".join(f"; still wants {' or '.join(roles)}" for roles in message.wanted)
    lines.append(Text(f"     confirmed by {confirmed or 'nobody'}, wants {message.confirmations}{missing}"))
    lines += [Text(f"     held: {refusal.reason}", "yellow") for refusal in message.held]
    lines += [
        Text.assemble(f"     {each.channel}: ", (each.state, STYLES[each.state]), f"  {each.at:%H:%M:%S} {each.detail}")
        for each in message.channels
    ]
    return lines

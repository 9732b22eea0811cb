"""Rosters and keys as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.node.introducing import KeyState
from tocsin.node.showing import KeyView, MemberView, RosterView

_STYLES = {
    "in force": "green", "new": "cyan", "joins": "cyan", "retired": "dim", "left": "dim", "leaves": "yellow",
    "revoked": "red",
}  # fmt: skip
_TITLES = {
    "in force": "in force here",
    "former": "was in force before",
    "first": "the first roster, to be signed by all",
    "proposal": "a proposal",
    "stale": "no successor of what is in force here",
}


def render_roster(view: RosterView) -> RenderableType:
    """Return a roster as text: the fingerprint first, since people read it out to each other."""
    head = Text.assemble(
        (f"{view.federation}, version {view.version}", "bold"), f": {_TITLES[view.state]}\n",
        "fingerprint ", (view.fingerprint, "bold"), "\n",
        f"issued {view.issued_at:%Y-%m-%d %H:%M}Z, expires ",
        (f"{view.expires_at:%Y-%m-%d}", "red" if view.is_expired else ""),
    )  # fmt: skip
    parts: list[RenderableType] = [head, Text(""), _members(view.members), Text("")]
    dials = ", ".join(f"{link.dialler} dials {link.listener}" for link in view.links) or "none"
    parts.append(Text(f"links: {dials}"))
    parts.append(Text(f"signed by: {', '.join(view.signed) or 'nobody yet'}"))
    if view.lacks:
        parts.append(Text(f"lacks: {view.lacks}", "yellow"))
    elif view.state in ("first", "proposal"):
        parts.append(Text("enough have signed: it can be applied", "green"))
    if view.changes:
        parts += [Text(""), Text("it changes what is in force:", "bold"), *(Text(f"  {one}") for one in view.changes)]
    elif view.state == "proposal":
        parts.append(Text("it changes nothing but the version"))
    parts += [Text(f"note: {note}", "yellow") for note in view.notes]
    return Group(*parts)


def render_keys(states: Sequence[KeyState], home: Path) -> RenderableType:
    """Return a member's keys as a table; files are told from the member's folder on."""
    table = Table(box=None, pad_edge=False)
    for name in ("role", "key", "roster", "introduced", "signs", "file"):
        table.add_column(name, overflow="fold", no_wrap=name in ("role", "key"))
    for state in states:
        table.add_row(
            state.role.value, state.keyid[:16], Text("in force", "green") if state.is_in_force else "no",
            "yes" if state.is_introduced else "no", "yes" if state.is_used else "no", _file(state, home),
        )  # fmt: skip
    return table


def _file(state: KeyState, home: Path) -> str:
    file = Path(state.file)
    return str(file.relative_to(home) if file.is_relative_to(home) else file) if state.file else "elsewhere"


def _members(members: Sequence[MemberView]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("member", "", "role", "key", "", "linked with"):
        table.add_column(name, overflow="fold", no_wrap=name in ("role", "key"))
    for member in members:
        rows = member.keys or (None,)
        for index, key in enumerate(rows):
            first = index == 0
            table.add_row(
                Text(f"{member.code} {member.name if member.name != member.code else ''}".strip() if first else ""),
                Text(member.state, _STYLES[member.state]) if first else "", key.role if key else "",
                key.keyid[:16] if key else "", _key_state(key) if key else "",
                ", ".join(member.linked_with) if first else "",
            )  # fmt: skip
    return table


def _key_state(key: KeyView) -> Text:
    since = f" since {key.retired_at:%Y-%m-%d %H:%M}Z" if key.state == "retired" and key.retired_at else ""
    return Text(key.state + since, _STYLES[key.state])

"""Templates of pages: no script, nothing fetched, good on A4, and all that they are given escaped."""

from __future__ import annotations

from datetime import datetime

import jinja2
from markupsafe import Markup

from tocsin.charts import svg
from tocsin.paper.looks import Looks


def templates(package: str) -> jinja2.Environment:
    """Return the templates of a room beside those that all pages share.

    Args:
        package: The room, such as ``tocsin.debrief``; its folder ``templates`` has them.
    """
    loader = jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader("tocsin.paper")])
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"utc": utc, "words": words, "member_mark": member_mark}
    return environment


def drawn(picture: str) -> Markup:
    """Let a picture into a page as it stands."""
    return Markup(picture)  # noqa: S704 - made by charts, which escapes


def utc(at: datetime) -> str:
    """Write a time."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def words(name: str) -> str:
    """Write a name of the code as words."""
    return name.replace("_", " ")


def member_mark(member: str, looks: Looks) -> Markup:
    """Draw a member's shape in its colour, as it stands in the pictures."""
    shape = svg.mark(looks.index(member), 6, 6, 4.2, fill=looks.colour(member))
    return drawn(svg.element("svg", shape, width=12, height=12, viewBox="0 0 12 12", aria_hidden="true", class_="mark"))

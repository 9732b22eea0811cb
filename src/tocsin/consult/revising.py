"""The next text: the last one with the brackets taken in that the drafter takes."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.consult.state import Remark
from tocsin.consult.statement import Paragraph, Reservation, Statement, make_statement
from tocsin.errors import DomainError


def revised(statement: Statement, chosen: Sequence[Remark]) -> str:
    """Return the exact text of a statement with these brackets and reservations in it.

    Args:
        statement: On which they were asked for.
        chosen: In the order in which they are taken; an insertion after a paragraph that is struck stands where it was.

    Raises:
        DomainError: Two of them change one paragraph, or nothing is left.
    """
    changed = [each.paragraph for each in chosen if each.act in ("replace", "strike")]
    for name in changed:
        if changed.count(name) > 1:
            raise DomainError(
                f"two of these change paragraph {name}", advice="Take one of them, or write the next text"
            )
    taken = {each.id for each in statement.paragraphs}
    paragraphs: list[Paragraph] = []
    for before in (None, *statement.paragraphs):
        name = before.id if before is not None else ""
        asked = [each for each in chosen if each.paragraph == name]
        if before is not None and not any(each.act == "strike" for each in asked):
            words = next((each.texts for each in asked if each.act == "replace"), {})
            notes = tuple(Reservation(member=e.member, texts=e.texts) for e in asked if e.act == "reserve")
            paragraphs.append(
                Paragraph(id=name, texts={**before.texts, **words}, reservations=(*before.reservations, *notes))
            )
        inserted = [each.texts for each in asked if each.act == "insert"]
        paragraphs += [Paragraph(id=_fresh(name, taken), texts=texts) for texts in inserted]
    return make_statement(
        id=statement.id, drafter=statement.drafter, status=statement.status, members=statement.members,
        titles=statement.titles, paragraphs=paragraphs,
        authentic=[language.tag for language in statement.languages if language.is_authentic],
    )  # fmt: skip


def _fresh(after: str, taken: set[str]) -> str:
    """Return an id for a paragraph after another one that no paragraph has, and keep it."""
    beginning = after[:50] or "opening"
    number = 2
    while f"{beginning}-{number}" in taken:
        number += 1
    taken.add(f"{beginning}-{number}")
    return f"{beginning}-{number}"

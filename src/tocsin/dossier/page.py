"""A dossier as one HTML page: no script, nothing fetched, good on A4, and all that it is given escaped."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jinja2

from tocsin.charts.maps import Base
from tocsin.claims import Corroboration, in_words
from tocsin.claims.dossier import ClaimSection, Dossier, Evidence, JudgedAs, Told, readers_of
from tocsin.claims.grades import CREDIBILITY, RELIABILITY
from tocsin.dossier import drawings
from tocsin.markings import PUBLIC
from tocsin.paper import banner_colour, banner_words, drawn, looks_of, templates
from tocsin.records import Claim, ClaimItem

_SCALES = {"icd203": "ICD 203", "phia": "PHIA yardstick"}
_BASIS = {"own": "at first hand", "derived": "rests on others", "unknown": "nobody told what it rests on"}
_COMPARED = {"agree": "agrees", "differ": "differs", "not_comparable": "counts something else, or another time"}


def page(dossier: Dossier, base: Base) -> str:
    """Return the page.

    Args:
        dossier: What it tells.
        base: Coasts and areas beneath its map.
    """
    originators = [record.id.partition("/")[0] for record in dossier.records]
    looks = looks_of([dossier.head.made_by], [code for code in dossier.head.audience if code != PUBLIC], originators)
    pictures = {"timeline": drawings.timeline(dossier, looks), "where": drawings.where(dossier, looks, base)}
    return _template().render(
        dossier=dossier,
        head=dossier.head,
        status=dossier.head.status,
        banner=banner_words(dossier.head.status),
        banner_colour=banner_colour(dossier.head.status),
        marking=readers_of(dossier),
        signers=sorted({record.id.partition("/")[0] for record in dossier.records}),
        totals=_totals(dossier),
        sections=[_section(section, dossier) for section in dossier.claims],
        titles={told.id: _title(told) for told in (*dossier.items, *dossier.sources, *_claims(dossier))},
        pictures={name: drawn(picture) for name, picture in pictures.items() if picture is not None},
        looks=looks,
    )


def _claims(dossier: Dossier) -> list[Told]:
    own = [section.claim for section in dossier.claims]
    beside = [denial.told for section in dossier.claims for denial in section.denials]
    linked = [each.told for section in dossier.claims for each in section.evidence]
    return [*own, *beside, *linked]


def _title(told: Told) -> str:
    return str(
        getattr(told.body, "title", "") or getattr(told.body, "proposition", "") or getattr(told.body, "name", "")
    )


def _totals(dossier: Dossier) -> list[tuple[str, str]]:
    origins = {origin for section in dossier.claims for origin in section.support.origins}
    sources = {source.casefold() for section in dossier.claims for source in section.support.sources}
    denials = {denial.told.id for section in dossier.claims for denial in section.denials}
    return [
        (str(len(dossier.claims)), "claims" if len(dossier.claims) != 1 else "claim"),
        (str(len(origins)), "origins behind the support" if len(origins) != 1 else "origin behind the support"),
        (str(len(sources)), "sources tell it" if len(sources) != 1 else "source tells it"),
        (str(len(denials)), "denials" if len(denials) != 1 else "denial"),
    ]


def _section(section: ClaimSection, dossier: Dossier) -> dict[str, Any]:
    claim: Claim = section.claim.body
    known = dossier.head.origins_known.get(section.claim.id)
    return {
        "section": section,
        "claim": claim,
        "credibility": f"{claim.credibility}, {CREDIBILITY[claim.credibility]}",
        "figures": [in_words(quantity) for quantity in claim.quantities],
        "support": counted(section.support),
        "against": counted(section.contradiction),
        "origins_known": known,
        "for_it": [_evidence(each, dossier) for each in section.evidence if each.relation in ("holds", "supports")],
        "against_it": [_evidence(each, dossier) for each in section.evidence if each.relation == "contradicts"],
        "beside": [
            {"speaker": speaker(each.told.body), "figure": in_words(each.quantity),
             "how": "; ".join(_COMPARED[how] for how in each.beside) or "the claim itself gives none"}
            for each in section.figures
        ],
        "judgements": [{"each": one, "scale": _SCALES[one.scale], "band": _band(one)} for one in section.judgements],
    }  # fmt: skip


def counted(corroboration: Corroboration) -> str:
    """Say how many reports there are, and how many origins and sources stand behind them."""
    if not corroboration.reports:
        return "nothing"
    parts = [
        (corroboration.reports, "report"),
        (len(corroboration.origins), "origin"),
        (len(corroboration.sources), "source"),
    ]
    said = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in parts)
    return said + (f"; {corroboration.unknown} of unknown basis, which add no origin" if corroboration.unknown else "")


def speaker(claim: Claim) -> str:
    """Say who says it, and who tells of that."""
    return f"{claim.speaker}, told by {claim.reported_by}" if claim.reported_by else claim.speaker


def _evidence(each: Evidence, dossier: Dossier) -> dict[str, Any]:
    body, grade, basis = each.told.body, "", ""
    if isinstance(body, ClaimItem):
        basis = _BASIS[body.basis]
        source = next((one.body for one in dossier.sources if one.id == dossier.source_of.get(each.told.id)), None)
        grade = f"{source.name} ({source.reliability})" if source is not None else ""
    elif isinstance(body, Claim):
        basis, grade = "a claim", speaker(body)
    return {"each": each, "title": _title(each.told), "grade": grade, "basis": basis}


def _band(judged: JudgedAs) -> str:
    if judged.band_percent is None:
        return "the scale has no such word"
    least, most = judged.band_percent
    return f"{least:g} to {most:g} %"


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = templates("tocsin.dossier")
    environment.filters |= {
        "figure": in_words, "speaker": speaker, "reliability": lambda grade: RELIABILITY[grade],
        "moment": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
        "day": lambda at: f"{at:%Y-%m-%d}" if at else "",
    }  # fmt: skip
    return environment.get_template("dossier.html.j2")

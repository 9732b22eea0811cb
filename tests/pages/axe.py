"""What axe finds on a page: whom its colours, its words and its order of focus shut out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag22aa")
LANGUAGES = {"en": "English", "ko": "한국어", "ja": "日本語"}
SCHEMES = ("dark", "light")


def faults(page: Page, rules: Sequence[str] = WCAG) -> list:
    """Return what is wrong with the page as it stands, and where."""
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE.read_text())
    told = page.evaluate("rules => axe.run(document, {runOnly: rules})", list(rules))
    return [(each["id"], node["target"]) for each in told["violations"] for node in each["nodes"]]


def faults_in_every_look(page: Page) -> dict:
    """Return what is wrong in each language and theme."""
    found = {}
    for (language, name), scheme in itertools.product(LANGUAGES.items(), SCHEMES):
        page.get_by_role("button", name=name).click()
        page.emulate_media(color_scheme=scheme)
        if wrong := faults(page):
            found[language, scheme] = wrong
    page.get_by_role("button", name=LANGUAGES["en"]).click()
    return found

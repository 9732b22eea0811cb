"""How well proposals are made, on sentences of our own: ``python -m bench.claims.proposing [seen|held]``."""

from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path

from tocsin.claims.proposals import Proposal
from tocsin.intake import Report, propose

SENTENCES = tomllib.loads((Path(__file__).parent / "sentences.toml").read_text(encoding="utf-8"))
OUTLET = "An outlet"


class Score:
    """Counts of what was right of how many, by name."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = {}
        self.misses: list[str] = []

    def add(self, name: str, text: str, *, is_right: bool) -> None:
        count = self.counts.setdefault(name, [0, 0])
        count[0] += is_right
        count[1] += 1
        if not is_right:
            self.misses.append(f"{name}: {text}")

    def share(self, name: str) -> float:
        right, of = self.counts.get(name, [0, 0])
        return right / of if of else 1.0


def proposals(text: str, language: str) -> list[Proposal]:
    report = Report(text.encode(), "sentence.txt", OUTLET)
    found = list(propose(report, language=language).proposal)
    assert all(report.text[each.begins_at : each.ends_at] == each.sentence for each in found)
    return found


def plain(name: str) -> str:
    words = name.lower().replace("’", "'").split()
    return " ".join(words[1:] if words and words[0] in ("the", "a", "an") else words)


def measure(half: str) -> Score:
    """Return the score on a half, or on both."""
    score = Score()
    for language in ("en", "ko", "ja"):
        for each in SENTENCES[language]:
            if half in ("all", each["half"]):
                found = proposals(each["text"], language)
                (_english if language == "en" else _marked)(score, language, each, found)
    return score


def _english(score: Score, _: str, label: dict, found: list[Proposal]) -> None:
    text = label["text"]
    said = label.get("said", [])
    attributed = [each for each in found if each.rule != "narrated"]
    for want in said:
        score.add("attribution recall", text, is_right=bool(attributed))
        if want.get("denial"):
            score.add("denial recall", text, is_right=any(each.is_denial for each in attributed))
    wanted = {plain(actor) for want in said for actor in want["actor"]}
    for each in attributed:
        score.add("actor right", f"{text} -> {each.speaker!r}", is_right=plain(each.speaker) in wanted)
        if each.is_denial:
            score.add("denial precision", text, is_right=any(want.get("denial") for want in said))
    hedges = set(label.get("hedges", []))
    flagged = {word for each in found for word in each.hedge.split(", ") if word}
    for word in sorted(flagged):
        score.add("hedge precision", f"{text} -> {word}", is_right=word in hedges)
    for word in sorted(hedges):
        score.add("hedge recall", f"{text} -> {word}", is_right=word in flagged)
    for each in found:
        for moment in (each.said_at, each.since, each.until):
            if moment is not None:
                score.add("dates not invented", f"{text} -> {moment}", is_right=str(moment.year) in text)
    if not said:
        score.add("outlet's own left so", text, is_right=not attributed)


def _marked(score: Score, language: str, label: dict, found: list[Proposal]) -> None:
    text = label["text"]
    kinds = {each.rule for each in found} - {"marked"}
    if label.get("kind"):
        score.add(f"{language} {label['kind']} recall", text, is_right=kinds == {label["kind"]})
    for kind in kinds:
        score.add(f"{language} marks precision", f"{text} -> {kind}", is_right=kind == label.get("kind"))
    for what, values in (("names", [each.names for each in found]), ("dates", [each.times for each in found])):
        got = {value for group in values for value in group}
        for name in label.get(what, []):
            score.add(f"{language} {what} recall", f"{text} -> {name}", is_right=name in got)
        for name in got:
            score.add(f"{language} {what} precision", f"{text} -> {name}", is_right=name in label.get(what, []))


def main() -> None:
    half = sys.argv[1] if len(sys.argv) > 1 else "all"
    begun = time.perf_counter()
    proposals("Seoul said so.", "en")
    loaded_s = time.perf_counter() - begun
    begun = time.perf_counter()
    score = measure(half)
    print(f"{half}: model loaded in {loaded_s:.1f} s, all sentences in {time.perf_counter() - begun:.1f} s")
    for name, (right, of) in score.counts.items():
        print(f"{name:24} {right:3} of {of:3}  {right / of:.2f}")
    for miss in score.misses if "--misses" in sys.argv else []:
        print("  ", miss)


if __name__ == "__main__":
    main()

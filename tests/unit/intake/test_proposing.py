"""A text becomes proposals: each with its sentence as it stands there, no date that is not in it, and its doubts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bench.claims.proposing import measure
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.claims import entries_of
from tocsin.claims.proposals import Proposal, ProposalFile, TextInfo, read_proposals, write_proposals
from tocsin.errors import ConfigError, FeedError
from tocsin.intake import Report, model, propose
from tocsin.intake.dates import times_in
from tocsin.interchange import read_file

EXAMPLE = Path(__file__).parents[3] / "examples" / "report-of-cargo.txt"
PIECES = st.sampled_from([
    "Moscow denied it.", "According to Tokyo", " ", "\n\n", "\n", "\r\n", "SEOUL, Oct. 13 --", "the ship may sail",
    "러시아는 부인했다.", "船は来なかったと述べた。", "“We saw it,”", "he said on 3 May 2024", "。", "\u202e",
    "e\u0301", "😀", '"', "...", "(",
])  # fmt: skip


def proposed(text, **given):
    return propose(Report(text.encode(), "text.txt", "An outlet"), **given).proposal


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=12), st.sampled_from(["en", "ko", "ja", None]))
def test_every_sentence_stands_in_the_text_where_it_is_said_to(pieces, language):
    text = "".join(pieces)
    for each in proposed(text, language=language):
        assert text[each.begins_at : each.ends_at] == each.sentence
        assert each.sentence.strip()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("on 3 March 2024 it left", "2024-03-03", "2024-03-03"),
        ("on March 3, 2024, it left", "2024-03-03", "2024-03-03"),
        ("in Sept. 2023", "2023-09-01", "2023-09-30"),
        ("by October 2023", None, "2023-10-31"),
        ("since 2022", "2022-01-01", None),
        ("on 2024-02-30", None, None),
        ("on 31 June 2024", None, None),
        ("on 3 March", None, None),
        ("last September", None, None),
        ("2,024 containers and 20240 more, 2024.5", None, None),
    ],
)
def test_a_time_means_what_it_says_and_no_more(text, since, until):
    found = [time for time in times_in(text) if time.since or time.until]
    told = [(str(time.since or "")[:10] or None, str(time.until or "")[:10] or None) for time in found]
    assert told == ([(since, until)] if since or until else [])


@given(st.text(st.sampled_from("0123456789 -,.MarchMay"), max_size=30))
def test_no_year_comes_from_anywhere_but_the_text(text):
    for time in times_in(text):
        assert time.text in text
        assert all(moment is None or f"{moment.year:04}" in time.text for moment in (time.since, time.until))


def test_the_measured_shares_are_not_lost():
    score = measure("all")
    assert score.share("actor right") >= 0.8
    assert score.share("attribution recall") >= 0.8
    assert score.share("hedge precision") >= 0.9
    assert score.share("dates not invented") == 1.0
    for recall in ("denial recall", "ko deny recall", "ja deny recall"):
        assert score.share(recall) >= 0.95
    for kind in ("ko error", "ko over", "ja error", "ja over"):
        assert score.share(f"{kind} recall") == 1.0


def rules(text):
    return [(each.rule, each.speaker, each.is_denial) for each in proposed(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Neither state confirmed the voyage.", [("narrated", "An outlet", False)]),
        ("The owner neither confirmed nor denied it.", [("narrated", "An outlet", False)]),
        ("The owner declined to comment.", [("narrated", "An outlet", False)]),
        ("Tokyo rejected the offer.", [("narrated", "An outlet", False)]),
        ("“There was grain in them.”", [("quoted", "", False)]),
        ("According to Washington.", [("according to", "Washington", False)]),
        ("He said so.", [("say", "He", False)]),
        ("A headline without a full stop", []),
        ("A headline\n\nSEOUL, Oct. 13 (Wire) -- Tokyo said that it sailed.", [("say", "Tokyo", False)]),
    ],
)
def test_what_is_said_by_nobody_is_the_outlets_and_what_denies_nothing_is_no_denial(text, found):
    assert rules(text) == found


def test_a_paragraph_without_end_is_read_in_pieces_with_its_places():
    text = "Moscow denied it. " * 1000
    found = proposed(text)
    assert len(found) == 1000
    assert all(text[each.begins_at : each.ends_at] == each.sentence == "Moscow denied it." for each in found)
    assert proposed("러시아는 부인했다" * 3000) == ()  # longer than any sentence: left out


def test_what_is_unsure_is_said():
    (pronoun,) = proposed("It also said that the satellite had failed.")
    (nobody,) = proposed("The movement of railcars has been cited as evidence.")
    (denial,) = proposed("North Korea and Russia have denied the transfers.")
    assert "is not resolved" in pronoun.unsure[0]
    assert nobody.unsure == ("nobody is named who says so",)
    assert (denial.reported_by, denial.unsure) == ("An outlet", ("what it denies is for a person to say",))


def test_an_alert_in_error_and_one_that_is_over_are_told_apart():
    assert [each.rule for each in proposed("경계경보는 오발령 사항임. 경보가 해제되었습니다.")] == ["error", "over"]


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"a " * 300_000])
def test_what_is_no_text_is_refused(data):
    with pytest.raises(FeedError) as caught:
        propose(Report(data, "x.txt", "An outlet"))
    assert caught.value.advice


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    model.english.cache_clear()
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ConfigError, match=r"tocsin\[propose\]"):
        proposed("Seoul said so.")
    assert proposed("러시아는 부인했다.")[0].rule == "deny"


def test_another_model_is_not_taken(monkeypatch):
    model.english.cache_clear()
    monkeypatch.setattr(model, "SHA256", "0" * 64)
    with pytest.raises(ConfigError, match="as it was examined"):
        proposed("Seoul said so.")


def test_a_node_loads_no_parser():
    script = "import sys, tocsin.node, tocsin.interchange, tocsin.cli.claiming; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@given(TEXT, TEXT, st.sampled_from(["open", "accept", "change", "refuse"]), st.booleans(), st.tuples(TEXT, TEXT))
def test_a_file_of_proposals_is_read_as_it_was_written(sentence, speaker, decision, is_denial, names):
    info = TextInfo(file=sentence, sha256="0" * 64, title=speaker, outlet="o", language="en", rules="r")
    each = Proposal(
        key="k", decision=decision, sentence=sentence, begins_at=7, rule="say", speaker=speaker, proposition=sentence,
        is_denial=is_denial, names=names, unsure=("x",),
    )  # fmt: skip
    whole = ProposalFile(text=info, proposal=(each, each))
    assert read_proposals(write_proposals(whole), "f") == whole


def test_only_what_was_accepted_is_told_with_its_sentence_and_the_denial_beside_the_claim():
    report = Report(EXAMPLE.read_bytes(), EXAMPLE.name, "The Harbour Gazette")
    text = write_proposals(propose(report))
    denial, fear = (f"t{report.sha256[:8]}-{number}" for number in (5, 3))
    text = text.replace(f'key = "{denial}"\ndecision = "open"', f'key = "{denial}"\ndecision = "accept"')
    text = text.replace(f'key = "{fear}"\ndecision = "open"', f'key = "{fear}"\ndecision = "change"')
    text = text.replace('denies = ""', f'denies = "{fear}"')
    text = text.replace('2"\ndecision = "open"', '2"\ndecision = "refuse"')
    received = read_file(text.encode(), name="p.toml", member="KOR")
    assert received.passed_over == {"proposed, and decided by nobody yet": 8, "refused": 2}
    found = {entry.key: entry for entry in entries_of(received.rows, member="KOR")}
    assert {key.partition("-")[2] for key in found} == {report.sha256[:12], "3", "3-text", "5", "5-text", "5-denies"}
    assert b'"relation":"denies"' in bytes(found[f"{denial}-denies"].body)
    item = bytes(found[f"{denial}-text"].body).decode()
    assert report.sha256 in item
    assert '"basis":"unknown"' in item
    assert "North Korea and Russia have denied any trade in arms." in item


@pytest.mark.parametrize("text", ["[text]", "[text]\nx = 1", "[text]\n" + "a = " + "[" * 5000, "[[proposal]]\n[text]"])
def test_what_is_no_file_of_proposals_is_refused(text):
    with pytest.raises(FeedError, match="no file of proposals"):
        read_file(text.encode(), name="p.toml", member="KOR")

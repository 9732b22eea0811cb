"""English: who says what in a sentence, by rules over its parse; whoever only tells it is not the one who says it.

The parse is spaCy's, with the labels of ClearNLP and the tags of the Penn Treebank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

SAYING = frozenset({
    "accuse", "acknowledge", "add", "admit", "affirm", "allege", "announce", "argue", "assert", "assess", "assume",
    "believe", "blame", "call", "caution", "charge", "cite", "claim", "comment", "complain", "conclude", "concede",
    "condemn", "confirm", "contend", "criticise", "criticize", "declare", "demand", "describe", "disclose", "doubt",
    "emphasise", "emphasize", "estimate", "explain", "express", "expect", "fear", "find", "hint", "imply",
    "indicate", "inform", "insist", "instruct", "maintain", "mention", "note", "object", "observe", "pledge",
    "point", "predict", "proclaim", "promise", "protest", "question", "quip", "recall", "reckon", "reiterate",
    "remark", "repeat", "reply", "report", "reveal", "say", "show", "signal", "state", "stress", "suggest",
    "suspect", "swear", "tell", "testify", "think", "threaten", "underline", "urge", "voice", "vow", "warn",
    "welcome", "write",
})  # fmt: skip
"""Verbs by which somebody says something, or is said to believe it."""
DENYING = frozenset({"deny", "disavow", "disclaim", "refute", "repudiate", "rebut"})
REFUSING = frozenset({"reject", "dismiss", "dispute", "contest"})
"""They deny only what was said: whoever rejects an offer denies nothing."""
_SAID_THINGS = frozenset({
    "accusation", "allegation", "assertion", "assessment", "charge", "claim", "conclusion", "finding", "idea",
    "insinuation", "notion", "report", "rumor", "rumour", "speculation", "statement", "story", "suggestion",
})  # fmt: skip
_PLAIN_OBJECT = frozenset({
    "add", "admit", "assess", "assume", "call", "charge", "expect", "fear", "find", "indicate", "maintain",
    "object", "observe", "point", "question", "recall", "repeat", "report", "reveal", "show", "signal", "state",
    "suggest", "write",
})  # fmt: skip
"""Verbs that say something only with a clause, or, called so, with what it is called."""
_OF_OTHERS = frozenset({"accuse", "describe"})
"""Who accuses somebody of lies denies nothing by that."""
_DOUBT = frozenset({"believe", "suspect", "think", "assume", "reckon", "doubt", "fear"})
_ADVERBS = frozenset({
    "allegedly", "apparently", "likely", "maybe", "perhaps", "possibly", "potentially", "presumably", "probably",
    "purportedly", "reportedly", "seemingly", "supposedly", "unlikely",
})  # fmt: skip
_MODALS = frozenset({"may", "might", "could"})
_NOT_SO = re.compile(
    r"\b(?:not true|untrue|no truth|false(?:hood)?|fakes?|baseless|groundless|unfounded|fabricat\w+|smear|hoax|lies?"
    r"|no such)\b",
    re.IGNORECASE,
)
_PRONOUNS = frozenset({
    "he", "it", "she", "that", "these", "they", "this", "those", "we", "i", "you", "who", "which",
})  # fmt: skip
_NEGATIONS = frozenset({"not", "n't", "never", "neither", "nor"})
_NOBODY = frozenset({"neither", "nobody", "none", "no"})
_DECLINING = frozenset({"decline", "refuse", "fail"})


@dataclass(frozen=True)
class Found:
    """Something that is said, by whom; places are characters of the paragraph."""

    rule: str
    speaker: str
    proposition: str
    span: tuple[int, int]
    """Of the proposition."""
    is_denial: bool
    hedge: str
    unsure: tuple[str, ...] = ()
    is_narrated: bool = False
    """The outlet says so itself."""
    is_act: bool = False
    """The proposition holds the verb of saying: a time in it may be that of saying or of what is said."""


def claims_in(doc: Doc) -> Iterator[tuple[Span, list[Found]]]:
    """Yield each sentence with what is said in it; with a speaker of nobody's it is the outlet's."""
    for sentence in doc.sents:
        if not sentence.text.strip():
            continue
        found = [each for token in sentence if (each := _attribution(token)) is not None]
        if not found and any(token.pos_ in ("VERB", "AUX") for token in sentence):
            begin, end = sentence.start_char, sentence.start_char + len(sentence.text.rstrip())
            found = [_of_nobody(sentence.text.strip(), (begin, end), _hedge(list(sentence)))]
        yield sentence, found


def _of_nobody(text: str, span: tuple[int, int], hedge: str) -> Found:
    """Return a sentence in which nobody is said to speak: the outlet does, unless it is all or part of a quotation."""
    if text.startswith(('"', "“", "‘")) or text.count('"') % 2 or text.count("“") != text.count("”"):
        return Found("quoted", "", text, span, is_denial=False, hedge=hedge, unsure=("a quotation: see who is quoted",))
    return Found("narrated", "", text, span, is_denial=False, hedge=hedge, is_narrated=True)


def _attribution(token: Token) -> Found | None:
    if token.lower_ == "according":
        sources = [each for child in token.children if child.lower_ == "to" for each in child.children]
        hidden = set(token.subtree)
        said = [each for each in _clause_root(token.head).subtree if each not in hidden]
        return _found("according to", sources, said, token.sent, is_denial=False) if sources else None
    lemma = token.lemma_.lower()
    is_put = lemma == "put" and any(child.dep_ == "mark" or child.lower_ == "as" for child in token.children)
    if token.pos_ != "VERB" or not (is_put or lemma in SAYING | DENYING | REFUSING):
        return None
    if _is_negated(token) or not _says(token, lemma, is_put=is_put):
        return None
    said = _said(token, is_put=is_put)
    # whoever rejects was seen above to reject what was said
    is_denial = lemma in DENYING | REFUSING or (lemma not in _OF_OTHERS and _NOT_SO.search(_text(said)) is not None)
    return _found(lemma, _speakers(token), said, token.sent, is_denial=is_denial, verb=token)


def _says(token: Token, lemma: str, *, is_put: bool) -> bool:
    """Tell whether a verb is used to say something here."""
    if token.dep_ in ("amod", "compound") or (token.tag_ == "VBN" and token.dep_ == "acl" and not _agents(token)):
        return False
    if is_put:
        return True
    if lemma in REFUSING:
        return _is_of_something_said(token)
    has_clause = token.dep_ == "parataxis" or _has_complement(token)
    if lemma in _PLAIN_OBJECT:
        return has_clause or token.head.dep_ == "ccomp" or (token.dep_ == "ROOT" and _has_quote(token))
    return bool(_speakers(token)) or has_clause or any(child.dep_ == "nsubjpass" for child in token.children)


def _speakers(token: Token) -> list[Token]:
    """Return who says it: subject or agent, of the verb itself or of the one that it hangs on."""
    at: Token = token
    for _ in range(4):
        is_passive = any(child.dep_ in ("nsubjpass", "auxpass") for child in at.children)
        if is_passive:
            return _agents(at)
        subjects = [child for child in at.children if child.dep_ == "nsubj"]
        if subjects:
            return [_antecedent(subject) for subject in subjects[:1]]
        if at.dep_ == "acl":
            return _agents(at) or [at.head]
        if at.dep_ not in ("conj", "advcl", "xcomp", "prep", "pcomp") or at.head.i == at.i:
            return []
        at = at.head
    return []


def _agents(token: Token) -> list[Token]:
    return [each for child in token.children if child.dep_ == "agent" for each in child.children if each.dep_ == "pobj"]


def _antecedent(subject: Token) -> Token:
    """Return whom "who" or "which" means: what the clause hangs on."""
    if subject.tag_ in ("WP", "WDT") and subject.head.dep_ == "relcl":
        return subject.head.head
    return subject


def _said(token: Token, *, is_put: bool) -> list[Token]:
    clause = next((child for child in token.children if child.dep_ == "ccomp"), None)
    if clause is None and token.dep_ in ("parataxis", "advcl") and (is_put or token.dep_ == "parataxis"):
        hidden = set(token.subtree)
        return [each for each in token.head.subtree if each not in hidden]
    if clause is not None:
        return list(clause.subtree)
    passive = next((child for child in token.children if child.dep_ == "nsubjpass"), None)
    if passive is not None:
        left_out = {each for child in token.children if child.dep_ == "agent" for each in child.subtree}
        return [each for each in token.subtree if each not in left_out and each.dep_ != "advcl"]
    before = [child for child in token.children if child.dep_ == "nsubj"]
    first = max((child.right_edge.i for child in before if child.i < token.i), default=token.left_edge.i - 1)
    around = [each.i for each in token.children if first < each.i and each.dep_ in ("aux", "advmod", "neg")]
    begin = min([token.i, *around])
    return [each for each in token.subtree if each.i >= begin]


def _has_complement(token: Token) -> bool:
    return any(child.dep_ in ("ccomp", "xcomp", "oprd") for child in token.children)


def _clause_root(token: Token) -> Token:
    while token.pos_ not in ("VERB", "AUX") and token.head.i != token.i:
        token = token.head
    return token


def _is_negated(token: Token) -> bool:
    if token.dep_ == "xcomp" and token.head.lemma_.lower() in _DECLINING:
        return True
    if any(child.dep_ == "nsubj" and child.left_edge.lower_ in _NOBODY for child in token.children):
        return True
    around = [token, token.head] if token.dep_ == "conj" else [token]
    return any(
        child.dep_ == "neg" or child.lower_ in _NEGATIONS
        for each in around for child in each.children if child.dep_ in ("neg", "preconj", "cc", "advmod")
    )  # fmt: skip


def _is_of_something_said(token: Token) -> bool:
    objects = [child for child in token.children if child.dep_ in ("dobj", "nsubjpass")]
    return any(each.lemma_.lower() in _SAID_THINGS for each in objects) or any(
        child.lower_ == "as" and child.dep_ == "prep" for child in token.children
    )


def _has_quote(token: Token) -> bool:
    return any(each.is_quote for each in token.sent)


def _found(
    rule: str, speakers: list[Token], said: list[Token], sentence: Span, *, is_denial: bool, verb: Token | None = None
) -> Found:
    text, unsure = _text(said), []
    speaker = _name(speakers[0]) if speakers else ""
    if not speaker:
        unsure.append("nobody is named who says so")
    elif speaker.lower() in _PRONOUNS:
        unsure.append(f"{speaker!r} is not resolved: see who was named before")
    if not text:
        text = sentence.text.strip()
    if is_denial:
        unsure.append("what it denies is for a person to say")
    hedge = _hedge([each for each in said if each != verb])
    if verb is not None and verb.lemma_.lower() in _DOUBT:
        hedge = ", ".join(filter(None, [verb.text, hedge]))
    said = [each for each in said if not each.is_punct] or said
    begin = said[0].idx if said else sentence.start_char
    end = said[-1].idx + len(said[-1]) if said else sentence.end_char
    return Found(
        rule, speaker, text, (begin, end), is_denial=is_denial, hedge=hedge, unsure=tuple(unsure), is_act=verb in said
    )


def _name(token: Token) -> str:
    """Return a speaker as the text names it: without clauses that hang on it, and without what stands in apposition."""
    left_out = {
        each for child in token.children if child.dep_ in ("relcl", "acl", "appos", "punct") for each in child.subtree
    }  # fmt: skip
    kept = [each for each in token.subtree if each not in left_out]
    while kept and (kept[-1].is_punct or kept[-1].is_space or kept[-1].dep_ == "cc"):
        kept.pop()
    name = " ".join("".join(each.text_with_ws for each in kept).split())
    return name if name.count("(") == name.count(")") else name.partition(" (")[0]


def _text(tokens: list[Token]) -> str:
    """Return tokens as they stand together, without quotation marks and commas at their ends."""
    if not tokens:
        return ""
    doc, begin, end = tokens[0].doc, tokens[0].i, tokens[-1].i + 1
    kept = {each.i for each in tokens}
    words = "".join(each.text_with_ws for each in doc[begin:end] if each.i in kept)
    return " ".join(words.split()).strip(" ,;:\"“”'‘’.").removeprefix("that ")


def _hedge(tokens: list[Token]) -> str:
    """Return words that hedge, by their part of speech: "the might of" and "May" are none, nor is "reported"."""
    found = [
        each.text
        for each in tokens
        if (each.tag_ == "MD" and each.lower_ in _MODALS and not (each.lower_ == "could" and _is_negated(each.head)))
        or (each.lower_ in _ADVERBS and each.pos_ in ("ADV", "ADJ"))
        or (each.lemma_.lower() in ("appear", "seem") and _has_complement(each))
        or (each.lemma_.lower() in _DOUBT and each.pos_ == "VERB" and each.dep_ != "amod")
    ]
    return ", ".join(found)

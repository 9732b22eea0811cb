"""Korean and Japanese: names, dates and words of denial in a sentence, by lists; who says so, a person tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["deny", "error", "over"]

_ENDS = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+[」』”\"')]*|\n|$)")

_WORDS: dict[tuple[str, Kind], re.Pattern[str]] = {
    # 부인 is also a wife, 부정 also "negative": what follows tells
    ("ko", "deny"): re.compile(
        r"부인(?:했|하[고며지는였]|한다|해|함|하였)|부정(?:했|하[고며였]|한다|해)|반박|일축|사실무근|"
        r"사실이 아니|사실(?:은|이) 없|적(?:은|이) 없다|근거(?:가)? ?없|거짓|허위|날조|인정하지 않"
    ),
    ("ko", "error"): re.compile(r"오발령|오발송|잘못 (?:발송|발령|전송)|오보|정정"),
    ("ko", "over"): re.compile(r"해제"),
    ("ja", "deny"): re.compile(
        r"否定(?!的|でき|する(?:もの|わけ)では)|否認|反論|反駁|一蹴|事実(?:は|が)ない|事実(?:では|で)ない|"
        r"根拠(?:の|が)ない|虚偽|捏造|でっち上げ|事実無根|認めな(?:い|かった)|存在しない|一度も\S{1,12}(?:ない|いない)と"
    ),
    ("ja", "error"): re.compile(r"誤報|誤発令|誤配信|誤って(?:配信|発令|送信)|訂正"),
    ("ja", "over"): re.compile(r"解除"),
}
_UNDENIED = re.compile(r"부인할 수 없|부정할 수 없|부인하지 않|부정하지 않|否定しない|否定でき")

_NAMES = {
    "ko": re.compile(
        r"북한|조선민주주의인민공화국|대한민국|한국|미국|일본|중국|러시아|우크라이나|영국|유엔|나토|유럽연합|서울|평양|도쿄|"
        r"베이징|모스크바|워싱턴|블라디보스토크|나진|청진|두만강|백악관|크렘린|청와대|국정원|국방부|외교부|통일부|합동참모본부|합참|방위성|외무성|"
        r"국무부|재무부"
    ),
    "ja": re.compile(
        r"北朝鮮|朝鮮民主主義人民共和国|韓国|米国|アメリカ|日本|中国|ロシア|ウクライナ|英国|国連|ソウル|平壌|東京|北京|モスクワ|"
        r"ワシントン|ウラジオストク|羅津|清津|ホワイトハウス|クレムリン|防衛省|外務省|国防省|国務省|財務省|官邸|統合参謀本部"
    ),
}
_DATES = {
    "ko": re.compile(r"(?:\d{4}년|지난해|작년|올해|내년)(?: ?\d{1,2}월(?: ?\d{1,2}일)?)?|\d{1,2}월(?: ?\d{1,2}일)?"),
    "ja": re.compile(r"(?:\d{4}年|昨年|去年|今年|来年)(?:\d{1,2}月(?:\d{1,2}日)?)?|\d{1,2}月(?:\d{1,2}日)?"),
}


@dataclass(frozen=True)
class Marked:
    """A sentence and what the lists see in it."""

    begins_at: int
    text: str
    names: tuple[str, ...]
    dates: tuple[str, ...]
    words: tuple[str, ...]
    kind: Kind | None


def mark(paragraph: str, language: Literal["ko", "ja"]) -> Iterator[Marked]:
    """Yield the sentences of a paragraph with what stands in them.

    An error of an alert and its end are told apart: ``오발령`` was never so, ``해제`` is over.
    """
    for match in _ENDS.finditer(paragraph):
        text = match[0].strip()
        if not text:
            continue
        found: dict[Kind, list[str]] = {
            kind: pattern.findall(text) for (spoken, kind), pattern in _WORDS.items() if spoken == language
        }
        if _UNDENIED.search(text):
            found["deny"] = []
        order: tuple[Kind, ...] = ("error", "over", "deny")
        kind = next((kind for kind in order if found[kind]), None)
        yield Marked(
            begins_at=match.start() + len(match[0]) - len(match[0].lstrip()), text=text,
            names=tuple(dict.fromkeys(_NAMES[language].findall(text))), dates=tuple(_DATES[language].findall(text)),
            words=tuple(word for words in found.values() for word in words), kind=kind,
        )  # fmt: skip

"""How long it takes to tell where a statement of 200 clauses stands: ``PYTHONPATH=tests python -m bench.consult``."""

from __future__ import annotations

import statistics
import time

from consult_room import Capitals
from tocsin.cli.consult_view import render
from tocsin.consult import Index, Paragraph, consultation_of, differences
from tocsin.consult.state import _strange_words
from tocsin.consult.statement import read_statement

CLAUSES, ROUNDS = 200, 5
EN = "The three members reaffirm clause {number} of text {round} and call on all states to carry out their obligations."
KO = "세 회원국은 문안 {round}의 제{number}항을 재확인하고 모든 국가가 의무를 이행할 것을 촉구한다."
JA = "三か国は文案{round}の第{number}項を再確認し、すべての国に義務の履行を求める。"


def main() -> None:
    """Let a statement go round, with brackets of every member on it, and ask where it stands."""
    room = Capitals()
    for number in range(ROUNDS):
        room.at["JPN"].draft(titles={"en": "Statement", "ko": "성명", "ja": "声明"}, parts=_clauses(number))
        room.settle()
        for code in ("KOR", "USA"):
            for clause in range(0, CLAUSES, 10):
                texts = {"en": f"{code} would say clause {clause} in other words."}
                room.at[code].act("replace", paragraph=f"c-{clause}", texts=texts)
    room.settle()
    usa = room.at["USA"]
    cold, warm, diff, show = [], [], [], []
    for _ in range(20):
        read_statement.cache_clear()
        _strange_words.cache_clear()
        begun = time.perf_counter()
        index = Index("actual")
        index.take(usa.store)
        standing = consultation_of(index, ("JPN", "joint-1"), room.now)
        cold.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        standing = consultation_of(index, ("JPN", "joint-1"), room.now)
        warm.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        differences(standing.rounds[-2].statement, standing.rounds[-1].statement, "ko")
        diff.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        render(standing, language="ja")
        show.append(time.perf_counter() - begun)
    print(f"{CLAUSES} clauses in 3 languages, {ROUNDS} texts, {len(usa.store)} records")
    for name, times in (("from records", cold), ("again", warm), ("differences", diff), ("shown", show)):
        print(f"{name}: {1e3 * statistics.median(times):.1f} ms, most {1e3 * max(times):.1f} ms")


def _clauses(number: int) -> list[Paragraph]:
    return [
        Paragraph(
            id=f"c-{clause}",
            texts={tag: text.format(number=clause, round=number) for tag, text in (("en", EN), ("ko", KO), ("ja", JA))},
        )
        for clause in range(CLAUSES)
    ]


if __name__ == "__main__":
    main()

"""Over the real pages our text is nearer to the true one than that of trafilatura alone, or of newspaper4k.

F1 over words, and over runs of four as the article extraction benchmark counts (scripts without spaces
by character), on its pages, on those of fundus, and the mean of both. `make corpus` reads all pages, and
asks the other two; the suite reads every sixth, and asks trafilatura.
"""

from __future__ import annotations

import gzip
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import newspaper
import pytest
import trafilatura

from monitor.articles.extract import extract
from monitor.records import ReadOutcome

FULL = bool(os.environ.get("MONITOR_FULL_CORPUS"))
_TOKEN = re.compile(r"[぀-ヿ㐀-鿿가-힯฀-໿က-႟]|[^\W_]+")


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _f1(found: Counter[Any], true: Counter[Any]) -> float:
    shared = sum((found & true).values())
    return 2 * shared / (sum(found.values()) + sum(true.values())) if shared else 0.0


def _scores(text: str, true: str) -> tuple[float, float]:
    a, b = _tokens(text), _tokens(true)
    shingles = [Counter(zip(*(t[i:] for i in range(4)), strict=False)) for t in (a, b)]
    return _f1(Counter(a), Counter(b)), _f1(*shingles)


def _newspaper(page: bytes, url: str) -> str:
    settings = newspaper.Config()
    settings.fetch_images = False
    article = newspaper.Article(url, config=settings)
    article.download(input_html=page.decode("utf-8", "replace"))
    try:
        article.parse()
    except ImportError:  # it cannot read Korean, Japanese or Arabic without more libraries
        return ""
    return article.text


READERS: dict[str, Callable[[bytes, str], str]] = {
    "ours": lambda page, url: extract(page, url).text,
    "trafilatura": lambda page, url: trafilatura.extract(page, url=url) or "",
} | ({"newspaper4k": _newspaper} if FULL else {})


def test_our_text_is_the_nearest(page_files: Any) -> None:
    table: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in page_files.rows:
        page = gzip.decompress((page_files.folder / f"{row['file']}.gz").read_bytes())
        true = (page_files.folder / row["gt_file"]).read_text("utf-8")
        for name, reader in READERS.items():
            table[name][row["source_repo"]].append(_scores(reader(page, row["url"]), true))
    mean: dict[str, list[float]] = {}
    parts: dict[str, list[float]] = {}
    for name, corpora in table.items():
        each = [[sum(s[i] for s in scores) / len(scores) for scores in corpora.values()] for i in (0, 1)]
        parts[name], mean[name] = each[0] + each[1], [sum(values) / len(values) for values in each]
        print(f"{name:<12} words {each[0]} shingles {each[1]} means {mean[name]}")
    for name in READERS.keys() - {"ours"}:
        assert all(ours >= theirs for ours, theirs in zip(parts["ours"], parts[name], strict=True)), name
        assert all(ours > theirs for ours, theirs in zip(mean["ours"], mean[name], strict=True)), name
    assert mean["ours"][0] >= 0.96


def test_real_articles_are_taken_for_articles(page_files: Any) -> None:
    ends: Counter[ReadOutcome] = Counter()
    for row in page_files.rows:
        page = gzip.decompress((page_files.folder / f"{row['file']}.gz").read_bytes())
        found = extract(page, row["url"])
        ends[found.outcome] += 1
        assert found.title, row["file"]
    print(ends)
    assert ends[ReadOutcome.PAGE_TEXT] >= 0.97 * ends.total()


@pytest.mark.parametrize(
    "unit", ["<div><p>a ", "<a href=x>b</a>", "<!--", "<table><tr><td>c", "<p>d &amp; e</p>"]
)
def test_a_large_page_takes_time_in_proportion(unit: str) -> None:
    def cost(size: int) -> float:
        page = b"<html><body><article>" + unit.encode() * (size // len(unit)) + b"</article></body></html>"
        start = time.process_time()
        extract(page, "https://courier.example/long")
        return time.process_time() - start

    small = cost(60_000)
    assert cost(240_000) < 12 * small + 1.0

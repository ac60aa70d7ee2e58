"""`make vocabulary`: count the terms of the project's own example news, the background of grouping."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from monitor.articles.terms import read

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "monitor" / "articles" / "vocabulary.tsv"


def texts() -> list[str]:
    """Headline and summary of each example, and the start of each page of the demo."""
    seeds = PROJECT / "seeds"
    found = [
        f"{item['title']} {item['summary']}"
        for path in sorted((seeds / "examples").glob("*.jsonl"))
        for item in map(json.loads, path.read_text().splitlines())
    ]
    return found + [path.read_text()[:1200] for path in sorted((seeds / "demo" / "pages").glob("*.txt"))]


def main() -> None:
    known = texts()
    counts = Counter(term for text in known for term in read("", text).terms.tolist())
    lines = [str(len(known)), *(f"{term}\t{count}" for term, count in sorted(counts.items()))]
    FILE.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{len(counts)} terms of {len(known)} texts in {FILE.name}")


if __name__ == "__main__":
    main()

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from monitor.text import clean, plain, sentences, shorten


def test_plain_keeps_words_and_blocks_apart() -> None:
    assert plain("<p>Hi &amp; <b>you</b></p><script>x()</script>two<br>three") == "Hi & you\ntwo\nthree"


def test_plain_leaves_text_that_only_looks_like_markup() -> None:
    assert plain("3 < 5 and R&D") == "3 < 5 and R&D"


def test_an_unclosed_comment_ends_the_text_in_linear_time() -> None:
    # 480 KB of comment openings take feedparser's own sanitizer half a minute.
    assert plain("before " + "<!--" * 120_000) == "before"
    assert plain("<a" * 200_000).count("<a") == 200_000


@given(st.text())
def test_clean_leaves_one_printable_line_and_is_idempotent(text: str) -> None:
    line = clean(text)
    assert line == clean(line)
    assert not [c for c in line if unicodedata.category(c) in {"Cc", "Cf", "Cs"}]


def test_sentences_do_not_end_at_abbreviations() -> None:
    text = 'The U.S. said no. Mr. Kim went home! "Yes." He left at 3.5 degrees.'
    assert sentences(text) == ["The U.S. said no.", "Mr. Kim went home!", '"Yes."', "He left at 3.5 degrees."]


@given(st.text())
def test_sentences_lose_no_letter(text: str) -> None:
    def letters(t: str) -> str:
        return "".join(t.split())

    assert letters(" ".join(sentences(text))) == letters(text)


@given(st.text(), st.integers(min_value=2, max_value=300))
def test_shorten_keeps_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= max(limit, 0)
    assert short == text or short.endswith("…")

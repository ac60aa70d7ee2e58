"""Documents of every format give their paragraphs; what cannot be used says what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from fixtures_documents import pdf
from hypothesis import given
from hypothesis import settings as law
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from monitor.errors import Permanent
from monitor.topics.documents import LARGEST, read

LINES = ("The parties set a quota.", "No vessel may fish without a licence.")


def word() -> bytes:
    document, held = docx.Document(), io.BytesIO()
    for line in LINES:
        document.add_paragraph(line)
    document.add_table(1, 1).cell(0, 0).text = "A cell."
    document.save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("a.txt", "\n".join(LINES).encode(), ()),
        (
            "a.txt",
            b"\xef\xbb\xbfThe parties set\r\na quota.\r\n\r\nNo vessel may fish without\r\na licence.",
            (),
        ),
        ("a.txt", "\n\n".join(LINES).encode("utf-16"), ()),
        (
            "a.md",
            b"---\nx: 1\n---\n\nThe *parties* set\na [quota](http://q.example).\n\n- " + LINES[1].encode(),
            (),
        ),
        (
            "a.html",
            f"<p>{LINES[0]}</p><script>x</script><nav><p>Menu</p></nav><p>{LINES[1]}</p>".encode(),
            (),
        ),
        ("a.docx", word(), ("A cell.",)),
        ("a.pdf", pdf(LINES), ()),
        ("no-suffix", pdf((LINES[0],), (LINES[1],)), ()),
    ],
)
def test_every_format_gives_its_paragraphs(
    tmp_path: Path, name: str, content: bytes, more: tuple[str, ...]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = read(path)
    assert tuple(one.text for one in found.paragraphs) == (*LINES, *more)
    assert found.name == name


def test_places_are_pages_and_running_heads_go(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(*(("Report 7", f"Sentence number {n} is here.", str(n)) for n in range(1, 5))))
    found = read(path).paragraphs
    assert [one.place for one in found] == ["page 1", "page 2", "page 3", "page 4"]
    assert found[0].text == "Sentence number 1 is here."


def test_the_article_of_a_page_is_preferred(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"<html><body><p>Menu of the site</p><p>Text.</p></body></html>")
    assert [one.text for one in read(path, lambda _html: "Just this.").paragraphs] == ["Just this."]
    assert len(read(path, lambda _html: "").paragraphs) == 2


def scanned() -> bytes:
    writer, held = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(held)
    return held.getvalue()


def locked() -> bytes:
    writer, held = PdfWriter(), io.BytesIO()
    writer.append(PdfReader(io.BytesIO(pdf(LINES))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(held)
    return held.getvalue()


def bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b"0" * 210_000_000)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "cure"),
    [
        ("a.pdf", scanned(), "text recognition"),
        ("a.pdf", locked(), "without one"),
        ("a.pdf", pdf(LINES)[:150], "print it to a new PDF"),
        ("a.pdf", b"%PDF-1.7 nothing", "damaged"),
        ("a.docx", word()[:900], "damaged"),
        ("a.docx", b"PK\x03\x04", "damaged"),
        ("a.doc", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .doc"),
        ("a.docx", bomb(), "unpacks to 210 MB"),
        ("a.txt", b"\0\1\2" * 900, "no text"),
        ("a.png", b"\x89PNG\0\0\0", "txt, md, html, pdf, docx"),
        ("a.txt", b"  \n 12 \n", "holds no text"),
        ("a.txt", b"x" * (LARGEST + 1), "the most is 20"),
        ("a.txt", b"word " * 300_000, "the most is 1,000,000"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(tmp_path: Path, name: str, content: bytes, cure: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Permanent, match=cure) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(Permanent, match="name a"):
            read(path)


@law(max_examples=60)
@given(
    cut=st.integers(0, 1500),
    noise=st.binary(max_size=40),
    name=st.sampled_from(["a.pdf", "a.docx", "a.html"]),
)
def test_damage_never_escapes(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes, name: str
) -> None:
    whole = {"a.pdf": pdf(LINES), "a.docx": word(), "a.html": b"<p>Some words</p>"}[name]
    path = tmp_path_factory.mktemp("damage") / name
    path.write_bytes(whole[:cut] + noise + whole[cut + len(noise) :])
    try:
        assert read(path).paragraphs
    except Permanent as error:
        assert str(path) in str(error)

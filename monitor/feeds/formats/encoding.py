"""Bytes of a document to its text, whatever it declares (pure).

Servers and generators declare what their template says, not what they write. What decides, in order:
a byte order mark; that the bytes are UTF-8, which other encodings hardly ever are by chance; what HTTP
or the document declares; a guess.
"""

from __future__ import annotations

import codecs
import re
import zlib

LARGEST = 50_000_000  # bytes that a compressed file may give; a feed is cut off far below
_GZIP = b"\x1f\x8b"
_FEW = 20  # bytes outside of ASCII, of which nothing can be guessed
_GUESS = 20_000  # bytes that are looked at to guess an encoding
_DECLARED = re.compile(rb"""\A[^<]{0,100}<\?xml[^>]{0,100}?encoding\s*=\s*["']\s*([\w.:-]+)""", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Names under which documents carry the characters of the larger set: WHATWG Encoding, section 4.2.
_WIDER = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
}
_BEFORE = codecs.BOM_UTF8 + b" \t\r\n"
_EBCDIC = "<?xm".encode("cp037")  # XML 1.0, appendix F.1
_TAG = re.compile(r"<[^>]*>")
_LANGUAGE = re.compile(rb"<language>\s*([A-Za-z]{2})\b|xml:lang\s*=\s*[\"']([A-Za-z]{2})\b")
# Guessing cannot tell the old Latin encodings from each other; the language can.
_OF_LANGUAGE = dict.fromkeys("pl cs sk hu sl hr ro".split(), "cp1250") | {"tr": "cp1254"}
_OF_LANGUAGE |= dict.fromkeys(("lt", "lv", "et"), "cp1257")


def inflate(body: bytes) -> bytes:
    """`body`, unpacked where it is a gzip file; what comes out is cut at `LARGEST`."""
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        return unpacker.decompress(body, LARGEST)
    except zlib.error:
        return body


def decode(body: bytes, charset: str | None = None) -> tuple[str, bool]:
    """The text of `body`, without a byte order mark, and whether it was declared as what it is.

    Args:
        charset: what HTTP declared, if anything.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            body = body[len(mark) :]
            start = body.lstrip(_BEFORE)[:4]
            if name != "utf-8" and start[:1] in {b"<", b"{", b"["} and b"\0" not in start:
                return decode(body, charset)[0], False  # a mark of 16 bits before letters of 8
            try:
                return body.decode(name).lstrip("\ufeff"), True
            except UnicodeDecodeError:
                if name == "utf-8":  # an editor put the mark before something else
                    return decode(body, charset)[0], False
                return body.decode(name, "replace"), False
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace"), True
    found = _DECLARED.match(body)
    inside = found[1].decode("ascii", "replace").lower() if found else ""
    declared = (charset or inside or "utf-8").lower()
    try:
        # A document that claims another encoding and is UTF-8 all the same was not checked by its author.
        text = body.decode()
        honest = text.isascii() or all(name in {"", "utf-8", "utf8"} for name in (inside, charset or ""))
        return text, honest
    except UnicodeDecodeError:
        pass
    for name in dict.fromkeys((declared, inside)):
        if name and name not in {"utf-8", "utf8"} and (text := _as_declared(body, name)):
            return text, True
    return _guessed(body), False


def _wide(body: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where the zero bytes of an opening `<` or `{` stand."""
    if body.startswith(_EBCDIC):
        return "cp037"
    head = body.lstrip(b"\n\r\t ")[:4] if body[:1] != b"\x00" else body[:4]
    shape = bytes(1 if byte else 0 for byte in head)
    return {
        b"\x01\x00\x00\x00": "utf-32-le",
        b"\x00\x00\x00\x01": "utf-32-be",
        b"\x01\x00\x01\x00": "utf-16-le",
        b"\x00\x01\x00\x01": "utf-16-be",
    }.get(shape)


def _as_declared(body: bytes, name: str) -> str:
    """The text by a declared encoding, or nothing where the bytes cannot be that."""
    if name.startswith(
        ("utf-16", "utf-32", "utf16", "utf32", "ucs", "iso-10646")
    ):  # it would show: see _wide
        return ""
    try:
        text = body.decode(_WIDER.get(name, name), "replace")
    except (LookupError, ValueError, TypeError):  # a name that nobody knows, or a codec that is not for text
        return ""
    if text.count("\ufffd") * 200 > len(text):
        return ""
    # No language of Western Europe has an accent on every other letter; Cyrillic read as one of them has.
    letters = [c for c in _TAG.sub("", text[:_GUESS]) if c.isalpha()]
    accents = sum("\xbf" < c < "\u0250" for c in letters)
    return "" if accents * 2 > len(letters) > 20 else text


def _guessed(body: bytes) -> str:
    """Text of undeclared bytes: mostly UTF-8 with stray bytes of Windows, or one of the old encodings."""
    sound = len(body.decode("utf-8", "ignore").encode())
    outside = sum(byte >= 0x80 for byte in body)
    if len(body) - sound <= 0.5 * outside:
        return body.decode("utf-8", "windows_strays")
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_GUESS]).best() if outside > _FEW else None
    if best:
        text = body.decode(best.encoding, "replace")
        letters = [c for c in text[:_GUESS] if c.isalpha() and not c.isascii()]
        if sum(c > "\u02ff" for c in letters) * 2 > len(letters):  # another alphabet than the Latin one
            return text
    found = _LANGUAGE.search(body)
    language = (found[1] or found[2]).decode().lower() if found else ""
    return body.decode(_OF_LANGUAGE.get(language, "cp1252"), "replace")


def _windows_strays(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows_strays", _windows_strays)

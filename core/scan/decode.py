"""From the bytes on the wire to the body, and from the body to text, never growing beyond a limit.

A 317-byte brotli body can hold 1.2 GB, so nothing is inflated that will not be kept; and a page may name a codec that
Python has but no browser would use, so only the encodings of the web are known here.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Sequence

import brotli
import zstandard

from core.model.scan import FailureClass
from core.scan.fault import TargetFault

MAX_CODINGS = 2
ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659: what a web client has to support, and no more
SNIFFED_BYTES = 1024
_ALIASES = {"x-gzip": "gzip", "x-deflate": "deflate"}

_DECLARED = re.compile(
    rb"""<meta[^>]{0,512}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})|<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-z0-9_:.-]{1,40})""",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})""", re.IGNORECASE)
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))

# Labels of the Encoding Standard (encoding.spec.whatwg.org) with the Python codec that reads them. Browsers read
# Latin-1 and ASCII as windows-1252.
_CODECS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8",
    "utf-16-le": "utf-16 utf-16le unicode ucs-2 iso-10646-ucs-2",
    "utf-16-be": "utf-16be",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ascii us-ascii "
    "ansi_x3.4-1968",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253",
    "cp1254": "windows-1254 cp1254 iso-8859-9 iso8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp874": "windows-874 dos-874 iso-8859-11 tis-620",
    "cp866": "ibm866 cp866 866",
    "iso8859-2": "iso-8859-2 iso8859-2 latin2 l2",
    "iso8859-3": "iso-8859-3 iso8859-3 latin3",
    "iso8859-4": "iso-8859-4 iso8859-4 latin4",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859-6": "iso-8859-6 iso8859-6 arabic",
    "iso8859-7": "iso-8859-7 iso8859-7 greek",
    "iso8859-8": "iso-8859-8 iso8859-8 iso-8859-8-i hebrew logical visual",
    "iso8859-10": "iso-8859-10 iso8859-10 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13",
    "iso8859-14": "iso-8859-14 iso8859-14",
    "iso8859-15": "iso-8859-15 iso8859-15 latin9 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "koi8-r koi8 koi",
    "koi8-u": "koi8-u koi8-ru",
    "mac-roman": "macintosh mac x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gb18030 gbk gb2312 gb_2312-80 chinese x-gbk",
    "big5hkscs": "big5 big5-hkscs x-x-big5 cn-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis windows-31j ms_kanji csshiftjis",
    "euc-jp": "euc-jp x-euc-jp",
    "iso2022-jp": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr ks_c_5601-1987 ksc5601 korean windows-949",
}
_BY_LABEL = {label: codec for codec, labels in _CODECS.items() for label in labels.split()}


def decode_body(raw: bytes, codings: Sequence[str], limit: int, *, complete: bool = True) -> tuple[bytes, bool]:
    """The body without its content codings, and whether it was cut at `limit` bytes.

    `codings` are listed as in Content-Encoding, the last one applied last. `complete` False allows the stream to
    end early, because we stopped reading it. A TargetFault (body) where the bytes are not what they are said to be.
    """
    names = [_ALIASES.get(name, name) for name in (each.strip().lower() for each in codings) if name]
    names = [name for name in names if name != "identity"]
    if len(names) > MAX_CODINGS:
        raise _body_fault(f"the body is encoded more than {MAX_CODINGS} times")
    truncated = not complete
    for name in reversed(names):
        inflate = _INFLATERS.get(name)
        if inflate is None:
            raise _body_fault("the body has a content coding that was not asked for")
        if raw:
            raw, cut = _inflated(inflate, raw, name, limit, truncated)
            truncated = truncated or cut
    return raw[:limit], truncated or len(raw) > limit


def _inflated(inflate: _Inflate, raw: bytes, name: str, limit: int, may_end_early: bool) -> tuple[bytes, bool]:
    try:
        inflated, ended = inflate(raw, limit + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError, MemoryError) as error:
        raise _body_fault(f"the body is not valid {name}") from error
    if len(inflated) > limit:
        return inflated[:limit], True
    if not ended and not may_end_early:
        raise _body_fault(f"the body's {name} stream ends early")
    return inflated, False


_Inflate = Callable[[bytes, int], tuple[bytes, bool]]


def _gunzip(raw: bytes, limit: int) -> tuple[bytes, bool]:
    """RFC 1952; members follow one another, and what follows the last one is ignored as browsers do."""
    parts: list[bytes] = []
    room = limit
    while room > 0:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts.append(member.decompress(raw, room))
        room -= len(parts[-1])
        raw = member.unused_data
        if not member.eof or not raw.startswith(b"\x1f\x8b"):
            return b"".join(parts), member.eof
    return b"".join(parts), True


def _undeflate(raw: bytes, limit: int) -> tuple[bytes, bool]:
    """RFC 1950, or the bare RFC 1951 that some servers mean by "deflate"."""
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        stream = zlib.decompressobj(window)
        try:
            return stream.decompress(raw, limit), stream.eof
        except zlib.error:
            if window < 0:
                raise
    raise AssertionError("unreachable")


def _unbrotli(raw: bytes, limit: int) -> tuple[bytes, bool]:
    """RFC 7932."""
    stream = brotli.Decompressor()
    parts = [stream.process(raw, output_buffer_limit=limit)]
    room = limit - len(parts[0])
    while room > 0 and parts[-1] and not stream.is_finished():
        parts.append(stream.process(b"", output_buffer_limit=room))
        room -= len(parts[-1])
    return b"".join(parts), stream.is_finished()


def _unzstd(raw: bytes, limit: int) -> tuple[bytes, bool]:
    """RFC 8878; frames follow one another."""
    reader = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).stream_reader(raw, read_across_frames=True)
    inflated = reader.read(limit)
    return inflated, len(inflated) == limit or _zstd_is_whole(raw)


def _zstd_is_whole(raw: bytes) -> bool:
    """Whether the last frame ends. The reader, which alone can limit its output, does not tell; this is for
    bytes that it has found to be small."""
    while raw:
        frame = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
        frame.decompress(raw)
        if not frame.eof:
            return False
        raw = frame.unused_data
    return True


_INFLATERS: dict[str, _Inflate] = {"gzip": _gunzip, "deflate": _undeflate, "br": _unbrotli, "zstd": _unzstd}


def text_of(body: bytes, content_type: str = "", limit: int = 2_000_000) -> tuple[str, str]:
    """The text of a body and the encoding it was read with, as a lower-case label of the web.

    In this order: a byte order mark, the charset of Content-Type, what the first 1,024 bytes declare, UTF-8.
    Labels that the web does not know count as absent; what cannot be decoded becomes U+FFFD. `limit` is bytes.
    """
    body = body[:limit]
    for mark, codec in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return codecs.decode(body[len(mark) :], codec, "replace"), _label(codec)
    codec = _named_codec(_PARAMETER.search(content_type)) or _declared_codec(body) or "utf-8"
    return codecs.decode(body, codec, "replace"), _label(codec)


def _named_codec(found: re.Match[str] | None) -> str:
    return _BY_LABEL.get(found.group(1).lower(), "") if found else ""


def _declared_codec(body: bytes) -> str:
    found = _DECLARED.search(body[:SNIFFED_BYTES])
    if not found:
        return ""
    codec = _BY_LABEL.get((found.group(1) or found.group(2)).decode("ascii").lower(), "")
    return "utf-8" if codec.startswith("utf-16") else codec  # it could be read, so it is not UTF-16


def _label(codec: str) -> str:
    return _CODECS[codec].split()[0] if codec != "utf-16-le" else "utf-16le"


def _body_fault(message: str) -> TargetFault:
    return TargetFault(FailureClass.BODY, message)

"""Bodies are decoded to a limit and never beyond; text is read with the encodings of the web only."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import reduce

import brotli
import pytest
import zstandard

from core.model.scan import FailureClass
from core.scan.decode import decode_body, text_of
from core.scan.fault import TargetFault

PLAIN = b"<p>Hello, world</p>" * 50
LIMIT = 10_000


def _raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("coding", ENCODERS)
def test_each_coding_is_undone(coding: str) -> None:
    assert decode_body(ENCODERS[coding](PLAIN), [coding.upper()], LIMIT) == (PLAIN, False)


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1])
def test_a_body_is_cut_exactly_where_it_passes_the_limit(coding: str, size: int) -> None:
    body, truncated = decode_body(ENCODERS[coding](b"a" * size), [coding], LIMIT)
    assert (len(body), truncated) == (min(size, LIMIT), size > LIMIT)


def test_deflate_without_its_envelope_is_understood() -> None:
    assert decode_body(_raw_deflate(PLAIN), ["deflate"], LIMIT) == (PLAIN, False)


def test_an_unencoded_body_is_cut_at_the_limit() -> None:
    assert decode_body(b"abcdef", [], 4) == (b"abcd", True)
    assert decode_body(b"abcd", ["identity"], 4) == (b"abcd", False)


def test_two_codings_are_undone_from_the_last_to_the_first() -> None:
    assert decode_body(brotli.compress(gzip.compress(PLAIN)), ["gzip", " br "], LIMIT) == (PLAIN, False)


def test_members_and_frames_that_follow_one_another_are_one_body() -> None:
    assert decode_body(gzip.compress(b"one") + gzip.compress(b"two"), ["gzip"], LIMIT) == (b"onetwo", False)
    assert decode_body(zstandard.compress(b"one") + zstandard.compress(b"two"), ["zstd"], LIMIT) == (b"onetwo", False)


def test_what_follows_a_gzip_body_is_ignored() -> None:
    assert decode_body(gzip.compress(PLAIN) + b"\0\0\0garbage", ["gzip"], LIMIT) == (PLAIN, False)


@pytest.mark.parametrize("coding", ENCODERS)
def test_an_empty_body_needs_no_decoding(coding: str) -> None:
    assert decode_body(b"", [coding], LIMIT) == (b"", False)


@pytest.mark.parametrize(
    ("raw", "codings"),
    [
        (PLAIN, ["gzip"]),
        (PLAIN, ["deflate"]),
        (PLAIN, ["br"]),
        (PLAIN, ["zstd"]),
        (PLAIN, ["compress"]),
        (PLAIN, ["gzip\x00"]),
        (gzip.compress(PLAIN), ["gzip", "gzip", "gzip"]),
        (gzip.compress(PLAIN)[:-12], ["gzip"]),
        (zlib.compress(PLAIN)[:-8], ["deflate"]),
        (brotli.compress(PLAIN)[:-4], ["br"]),
        (zstandard.compress(PLAIN)[:-4], ["zstd"]),
        (gzip.compress(PLAIN)[:-6] + b"\0\0\0\0\0\0", ["gzip"]),
        (zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=25)).compress(
            b"x" * 40_000_000), ["zstd"]),
    ],
    ids=["no gzip", "no deflate", "no br", "no zstd", "unknown", "unknown with a zero", "too many", "gzip cut short",
         "deflate cut short", "br cut short", "zstd cut short", "another sum", "window too large"],
)  # fmt: skip
def test_a_body_that_is_not_what_it_says_is_a_body_failure(raw: bytes, codings: list[str]) -> None:
    with pytest.raises(TargetFault) as caught:
        decode_body(raw, codings, LIMIT)
    assert caught.value.failure_class is FailureClass.BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_stream_that_we_stopped_reading_may_end_early(coding: str) -> None:
    body, truncated = decode_body(ENCODERS[coding](PLAIN)[:-4], [coding], LIMIT, complete=False)
    assert PLAIN.startswith(body)
    assert truncated


BOMB = b"\0" * 64_000_000


@pytest.mark.parametrize(
    ("packings", "codings"),
    [
        ([gzip.compress], ["gzip"]),
        ([zlib.compress], ["deflate"]),
        ([_raw_deflate], ["deflate"]),
        ([brotli.compress], ["br"]),
        ([zstandard.compress], ["zstd"]),
        ([gzip.compress, gzip.compress], ["gzip", "gzip"]),
        ([brotli.compress, gzip.compress], ["br", "gzip"]),
        ([zstandard.compress, zstandard.compress], ["zstd", "zstd"]),
    ],
    ids=["gzip", "deflate", "raw deflate", "br", "zstd", "gzip twice", "br in gzip", "zstd twice"],
)
def test_a_bomb_is_cut_without_being_inflated(packings: list[Callable[[bytes], bytes]], codings: list[str]) -> None:
    bomb = reduce(lambda body, pack: pack(body), packings, BOMB)
    tracemalloc.start()
    try:
        body, truncated = decode_body(bomb, codings, 100_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(body), truncated) == (100_000, True)
    assert peak < 16_000_000


@pytest.mark.parametrize(
    ("body", "content_type", "text", "charset"),
    [
        (b"caf\xc3\xa9", "", "café", "utf-8"),
        (b"caf\xe9", "", "caf\ufffd", "utf-8"),
        (b"caf\xe9", "text/html; charset=ISO-8859-1", "café", "windows-1252"),
        (b"caf\xe9", "text/html; charset='latin1'", "café", "windows-1252"),
        (b"\x93hi\x94", 'text/html; charset="us-ascii"', "“hi”", "windows-1252"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "text/html; charset=iso-8859-1", "café", "utf-8"),
        (b"\xff\xfeh\x00i\x00", "", "hi", "utf-16le"),
        (b"\xfe\xff\x00h\x00i", "", "hi", "utf-16be"),
        (b"<meta charset=windows-1251>\xcf", "", "<meta charset=windows-1251>П", "windows-1251"),
        (b"<meta charset=utf-16>\xc3\xa9", "", "<meta charset=utf-16>é", "utf-8"),
        (b"<?xml version='1.0' encoding='koi8-r'?>\xf0", "", "<?xml version='1.0' encoding='koi8-r'?>П", "koi8-r"),
        (b"\x82\xa0", "text/html; charset=Shift_JIS", "あ", "shift_jis"),
        (b"\xc4\xe3", "text/html; charset=gb2312", "你", "gb18030"),
        (b"", "text/html; charset=", "", "utf-8"),
    ],
)
def test_text_is_read_with_the_encoding_that_browsers_would_use(
    body: bytes, content_type: str, text: str, charset: str
) -> None:
    read, label = text_of(body, content_type)
    assert (read, label) == (text, charset)


@pytest.mark.parametrize(
    "charset",
    ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "rot13", "zlib", "bz2", "hex", "base64",
     "undefined", "mbcs", "oem", "utf-32", "uu", "quopri", "\x00", "../../etc", "a" * 100_000],
)  # fmt: skip
def test_encodings_that_the_web_does_not_know_are_not_obeyed(charset: str) -> None:
    assert text_of(b"+AGE- \\x41", f"text/html; charset={charset}") == ("+AGE- \\x41", "utf-8")


def test_text_is_cut_at_the_limit_without_failing_inside_a_character() -> None:
    assert text_of("éé".encode(), "", 3) == ("é\ufffd", "utf-8")


def test_a_declaration_beyond_the_first_kilobyte_is_not_looked_for() -> None:
    assert text_of(b" " * 1024 + b"<meta charset=koi8-r>")[1] == "utf-8"

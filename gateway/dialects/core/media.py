"""Inline pictures, sound and files: base64, checked to be what they claim, and counted as kinds of content.

What a data URL says of itself proves nothing: its first bytes do. Remote addresses are text; the gateway fetches none.
"""

import base64
import binascii
import re
from typing import Final

from gateway.dialects.core.shapes import NULL, Shape, pattern

_BASE64: Final = r"[A-Za-z0-9+/_-]*={0,2}"
_HEAD: Final = 64
"""How many characters of base64 are decoded to see what they hold: 48 bytes."""

_DATA_URL: Final = re.compile(rf"data:([a-z]{{1,20}})/[a-z0-9.+-]{{1,80}};base64,({_BASE64})")
_IMAGES: Final = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\0",
    b"MM\0*",
)
_IMAGE_BRANDS: Final = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")


def media_type(data: str) -> str | None:
    """The type of base64 ``data`` by its first bytes: ``image/…``, or ``None`` when it is no picture known here.

    Sources: the signatures of PNG (RFC 2083), JPEG, GIF, WebP (RFC 9649), BMP, TIFF and ISO base media files (ISO/IEC 14496-12).
    """
    head = _head(data)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS:
        return "image/avif" if head[8:11] == b"avi" else "image/heic"
    names = ("png", "jpeg", "gif", "gif", "bmp", "tiff", "tiff")
    found = (n for n, start in zip(names, _IMAGES, strict=True) if head.startswith(start))
    return next((f"image/{name}" for name in found), None)


def _head(data: str) -> bytes:
    text = data[:_HEAD].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def base64_of(expected: str, prefix: str = "") -> Shape:
    """Base64 text, after a prefix."""
    return pattern(expected, rf"{prefix}{_BASE64}")


def _is_inline_image(value: str) -> bool:
    matched = _DATA_URL.fullmatch(value)
    return matched is not None and matched[1] == "image" and media_type(matched[2]) is not None


def _is_image(value: str) -> bool:
    return re.fullmatch(_BASE64, value) is not None and media_type(value) is not None


def image_url() -> Shape:
    """An inline picture, or an http(s) address, which is scanned."""
    expected = "an http(s) URL or a base64 data URI whose bytes are an image"
    kinds: frozenset[type] = frozenset({str, NULL})
    address = Shape(expected=expected, kinds=kinds, check=re.compile(r"(?i)https?://\S+").fullmatch)
    return Shape(
        expected=expected, kinds=kinds, check=_is_inline_image, fallback=address, scanned=False
    )


def image_data() -> Shape:
    """A picture in base64 without a prefix."""
    return Shape(
        expected="base64 whose bytes are an image",
        kinds=frozenset({str, NULL}),
        check=_is_image,
        scanned=False,
    )

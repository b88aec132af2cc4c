"""Inline images, audio and files in base64, counted as kinds of content. Images are checked by their first bytes.

The media type that a data URL declares proves nothing: without the check, text could be sent as an image and not be scanned.
Remote addresses are scanned as text; the gateway fetches none.
"""

import base64
import binascii
import re
from typing import Final

from gateway.dialects.core.shapes import NULL, Shape, pattern

# Both alphabets of RFC 4648 (sections 4 and 5), and no line breaks.
_BASE64: Final = r"[A-Za-z0-9+/_-]*={0,2}"
_SIGNATURE_LENGTH: Final = 64
"""How many characters of base64 are decoded to detect the type: 48 bytes."""

# Bounded names and sets that do not overlap: linear, also on megabytes of base64.
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
    """The media type of base64 ``data`` by its first bytes: ``image/…``, or ``None`` when it is not a known image format.

    Sources: the signatures of PNG (RFC 2083), JPEG, GIF, WebP (RFC 9649), BMP, TIFF and ISO base media files (ISO/IEC 14496-12).
    """
    first = _first_bytes(data)
    if first.startswith(b"RIFF") and first[8:12] == b"WEBP":
        return "image/webp"
    # A box begins with its size in four bytes, and then has its type.
    if first[4:8] == b"ftyp" and first[8:12] in _IMAGE_BRANDS:
        return "image/avif" if first[8:11] == b"avi" else "image/heic"
    names = ("png", "jpeg", "gif", "gif", "bmp", "tiff", "tiff")
    found = (n for n, start in zip(names, _IMAGES, strict=True) if first.startswith(start))
    return next((f"image/{name}" for name in found), None)


def _first_bytes(data: str) -> bytes:
    # Both alphabets of RFC 4648 are in use, and SDKs may leave out the padding.
    text = data[:_SIGNATURE_LENGTH].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def base64_of(expected: str, prefix: str = "") -> Shape:
    """Base64 after a prefix, which is a regular expression."""
    return pattern(expected, rf"{prefix}{_BASE64}")


def _is_inline_image(value: str) -> bool:
    matched = _DATA_URL.fullmatch(value)
    return matched is not None and matched[1] == "image" and media_type(matched[2]) is not None


def _is_image(value: str) -> bool:
    return re.fullmatch(_BASE64, value) is not None and media_type(value) is not None


def image_url() -> Shape:
    """An inline image, or an http(s) URL, which is scanned."""
    expected = "an http(s) URL or a base64 data URI whose bytes are an image"
    kinds: frozenset[type] = frozenset({str, NULL})
    address = Shape(expected=expected, kinds=kinds, check=re.compile(r"(?i)https?://\S+").fullmatch)
    return Shape(
        # An inline image is not scanned. Anything else must be an address, which is.
        expected=expected,
        kinds=kinds,
        check=_is_inline_image,
        fallback=address,
        scanned=False,
    )


def image_data() -> Shape:
    """An image in base64 without a data URL's prefix."""
    return Shape(
        expected="base64 whose bytes are an image",
        kinds=frozenset({str, NULL}),
        check=_is_image,
        scanned=False,
    )

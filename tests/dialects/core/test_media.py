"""What inline data claims to be is compared with its first bytes."""

import base64

import pytest

from gateway.dialects.core.media import base64_of, image_data, image_url, media_type
from gateway.dialects.core.walker import Walker
from gateway.errors import InvalidRequest

HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "image/bmp": b"BM",
    "image/avif": b"\0\0\0 ftypavif",
    "image/heic": b"\0\0\0 ftypheic",
    "image/tiff": b"II*\0",
}
PNG = base64.b64encode(HEADS["image/png"] + bytes(40)).decode()
TEXT = base64.b64encode(b"Kenji Tanaka, 4111 1111 1111 1111").decode()


@pytest.mark.parametrize(("kind", "head"), HEADS.items())
def test_the_first_bytes_say_what_it_is(kind: str, head: bytes) -> None:
    data = head + bytes(60)
    assert media_type(base64.b64encode(data).decode()) == kind
    assert media_type(base64.urlsafe_b64encode(data).decode().rstrip("=")) == kind


@pytest.mark.parametrize("data", ["", "====", "A", TEXT, base64.b64encode(b"%PDF-1.7").decode()])
def test_other_bytes_are_no_image(data: str) -> None:
    assert media_type(data) is None


@pytest.mark.parametrize(
    "value",
    [
        f"data:image/png;base64,{TEXT}",
        f"data:text/plain;base64,{PNG}",
        "data:image/png,plain",
        "file:///etc/passwd",
        "Kenji Tanaka",
    ],
)
def test_text_that_is_dressed_as_an_image_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        Walker(image_url()).walk(value)


def test_an_image_is_not_scanned_and_an_address_is() -> None:
    for shape, value, scanned in (
        (image_url(), f"data:image/png;base64,{PNG}", False),
        (image_url(), "https://x.example/a.png?who=Tanaka", True),
        (image_data(), PNG, False),
    ):
        walker = Walker(shape)
        walker.walk(value)
        assert bool(walker.segments) == scanned


def test_base64_holds_nothing_else() -> None:
    for value in ("Kenji Tanaka", "data:x"):
        with pytest.raises(InvalidRequest):
            Walker(base64_of("base64")).walk(value)

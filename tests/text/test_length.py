import pytest

from gateway.text.length import utf8_length


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("é", 2), ("関所", 6), ("😀", 4), ("\ud83d", 3)]
)
def test_bytes_of_a_text(text: str, length: int) -> None:
    assert utf8_length(text) == length

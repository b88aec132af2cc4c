from gateway.text.occurrences import Occurrences
from gateway.text.request_text import RequestText


def test_each_form_is_made_once() -> None:
    text = RequestText(["Kenji  TANAKA", "tel 090-1234-5678", "Straße"])
    assert text.normalized is text.normalized
    assert text.compact is text.compact
    assert "09012345678" in text.compact.text
    assert "strasse" in text.casefolded


def test_a_range_is_in_one_text_or_in_none() -> None:
    text = RequestText(["ab", "", "cd"])
    assert text.locate(0, 2) == (0, 0, 2)
    assert text.locate(4, 6) == (2, 0, 2)
    assert text.locate(1, 5) is None


def test_texts_may_hold_the_character_between_them() -> None:
    text = RequestText(["a\0Tanaka", "Tanaka\0"])
    found = Occurrences(["Tanaka"]).find(text)
    assert sorted((one.text, one.start, one.end) for one in found) == [(0, 2, 8), (1, 0, 6)]
    assert Occurrences(["Tanaka\0Tanaka"]).find(text) == []


def test_its_representation_holds_no_text() -> None:
    assert repr(RequestText(["Tanaka"])) == "RequestText(1 texts)"

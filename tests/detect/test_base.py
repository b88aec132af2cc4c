from gateway.detect.base import Passage


def test_a_passage_does_not_show_its_text() -> None:
    assert "hunter" not in repr(Passage(text="hunter2", key="hunter", languages=("en",)))

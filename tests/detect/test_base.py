from gateway.detect.base import Passage


def test_the_repr_of_a_passage_has_no_text() -> None:
    assert "hunter" not in repr(Passage(text="hunter2", key="hunter", languages=("en",)))

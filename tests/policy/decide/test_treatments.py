"""The look-up of treatments."""

from gateway.policy.decide.treatments import Treatments


def test_exact_then_longest_prefix_then_default() -> None:
    table = Treatments({"A_B_C": "keep"}, (("A_", "block"), ("A_B_", "placeholder")), "block")
    assert table["A_B_C"] == "keep"
    assert table["A_B_X"] == "placeholder"
    assert table["A_X"] == "block"
    assert table.get("Z", "keep") == "block"
    assert list(table) == ["A_B_C"]
    assert len(table) == 1

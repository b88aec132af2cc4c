"""The findings of the rules, as text."""

from gateway.detect.rules.ruleset import apply_rules


def of(text: str, entity: str, key: str = "") -> list[str]:
    """The values of one entity that the deterministic rules find."""
    return [text[s.start : s.end] for s in apply_rules(text, key) if s.entity == entity]

"""What the rules find, as text."""

from gateway.detect.rules.patterns import tier0


def of(text: str, entity: str, key: str = "") -> list[str]:
    """The values of one entity that tier 0 finds."""
    return [text[s.start : s.end] for s in tier0(text, key) if s.entity == entity]

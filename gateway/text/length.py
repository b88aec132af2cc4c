"""How long a text is on the wire."""


def utf8_length(text: str) -> int:
    """Its length as UTF-8, in bytes; half of a surrogate pair counts as three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))

"""Makes a small model copy placeholders that it would otherwise mangle.

SmolLM2 has 135 million parameters and does not copy every sentence. When ``enforced`` is set, the relay adds
a llama.cpp grammar to the request that quotes the placeholders it saw on the wire, so that the model's
sampler really generates them, token by token. The gateway knows nothing of it.
"""

import re

import orjson

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]+_[0-9a-z]{8,}\]")


class Grammar:
    """Rewrites requests on their way from the wiretap to the model."""

    def __init__(self) -> None:
        self.enforced = False

    def rewrite(self, body: bytes) -> bytes:
        """The request that the model gets; unchanged unless a grammar is enforced and has something to quote."""
        placeholders = list(dict.fromkeys(_PLACEHOLDER.findall(body.decode("utf-8", "replace"))))
        if not self.enforced or not placeholders:
            return body
        document = orjson.loads(body)
        quoted = ' " and then I read " '.join(f'"{placeholder}"' for placeholder in placeholders)
        document["grammar"] = f'root ::= "I read: " {quoted} "."'
        return orjson.dumps(document)

"""Which deployment answered a conversation before: its server still has the prefix in its cache.

A conversation is identified by a chain of digests, one after each turn. A request is stored under its last digest, and the next
request, which repeats it and adds turns, finds it. Digests are keyed with a random key of the process and are kept in memory only.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from itertools import groupby

from gateway.types import Call, Segment

_TURNS = frozenset({"messages", "input", "contents"})
"""The fields in which dialects hold a conversation's turns."""
_FRAME = frozenset({"system", "schema"})
"""Origins of the segments that servers render before the turns."""


class Affinity:
    """Remembers the most recent conversations.

    Args:
        conversations: how many are kept; 0 for none.
    """

    def __init__(self, conversations: int) -> None:
        self._most = conversations
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def digests(self, call: Call, scope: str) -> tuple[bytes, ...]:
        """The digest after each turn, the complete request's last; none when no conversations are kept.

        Args:
            call: the parsed request.
            scope: the tenant and the model: conversations are never shared across scopes.
        """
        if not self._most:
            return ()
        turns = [segment for segment in call.segments if _in_turn(segment)]
        frame = [s for s in call.segments if s.origin in _FRAME and not _in_turn(s)]
        chain = hashlib.blake2b(key=self._key, digest_size=16)
        chain.update(scope.encode())
        _add(chain, frame)
        digests = []
        # path[1] is the index of the turn: its parts are segments of their own.
        for _, turn in groupby(turns, key=lambda segment: segment.path[1]):
            _add(chain, list(turn))
            digests.append(chain.digest())
        return tuple(digests)

    def preferred(self, digests: Sequence[bytes]) -> str | None:
        """The deployment that answered the longest known prefix."""
        for digest in reversed(digests):
            if digest in self._known:
                return self._known[digest]
        return None

    def remember(self, digests: Sequence[bytes], deployment: str) -> None:
        """Store which deployment got the request."""
        if not digests:
            return
        self._known[digests[-1]] = deployment
        self._known.move_to_end(digests[-1])
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def _in_turn(segment: Segment) -> bool:
    path = segment.path
    return len(path) > 1 and path[0] in _TURNS and isinstance(path[1], int)


def _add(chain: "hashlib.blake2b", segments: Sequence[Segment]) -> None:
    for segment in segments:
        # JSON may hold lone surrogates, and lengths keep "ab" + "c" apart from "a" + "bc".
        text = segment.text.encode(errors="surrogatepass")
        chain.update(f"{segment.origin}:{len(text)}:".encode() + text)
    # Marks the end of a turn: [[a, b]] and [[a], [b]] are different conversations.
    chain.update(b".")

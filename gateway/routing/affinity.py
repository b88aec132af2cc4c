"""Which deployment answered a conversation before: its server still holds the prefix in its cache.

A conversation is known by a chain of digests, one after each turn. A request is remembered by its last one, and its follower,
which repeats it and adds turns, finds it again. Digests are keyed with a key of the process, kept in memory and written nowhere.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from itertools import groupby

from gateway.types import Call, Segment

_TURNS = frozenset({"messages", "input", "contents"})
"""Where the dialects hold a conversation's turns."""
_FRAME = frozenset({"system", "schema"})
"""What servers render before the turns."""


class Affinity:
    """Remembers the most recent conversations.

    Args:
        conversations: how many.
    """

    def __init__(self, conversations: int) -> None:
        self._most = conversations
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def digests(self, call: Call, scope: str) -> tuple[bytes, ...]:
        """The digest after each turn, the whole request's last; none when nothing is remembered.

        Args:
            call: the parsed request.
            scope: what never shares a conversation with another, such as the tenant and the model.
        """
        if not self._most:
            return ()
        turns = [segment for segment in call.segments if _in_turn(segment)]
        frame = [s for s in call.segments if s.origin in _FRAME and not _in_turn(s)]
        chain = hashlib.blake2b(key=self._key, digest_size=16)
        chain.update(scope.encode())
        _add(chain, frame)
        digests = []
        for _, turn in groupby(turns, key=lambda segment: segment.path[1]):
            _add(chain, list(turn))
            digests.append(chain.digest())
        return tuple(digests)

    def preferred(self, digests: Sequence[bytes]) -> str | None:
        """The deployment that answered the longest known beginning."""
        for digest in reversed(digests):
            if digest in self._known:
                return self._known[digest]
        return None

    def learn(self, digests: Sequence[bytes], deployment: str) -> None:
        """Remember which deployment got the request."""
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
        text = segment.text.encode(errors="surrogatepass")
        chain.update(f"{segment.origin}:{len(text)}:".encode() + text)
    chain.update(b".")

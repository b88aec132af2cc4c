"""Coverage-guided fuzzing of what a caller gets of a reply: ``make fuzz``, ten minutes.

    python -m tests.fuzz.restoring -max_total_time=600

Every input is a reply with placeholders, and a list of cuts. For each: no exception, the same text and counts at any split, nothing
but placeholders changed, no more held back than is documented, and no reader finds the value in an address of a host that nobody named.
"""

import sys
from collections.abc import Sequence
from itertools import pairwise

import atheris

with atheris.instrument_imports(include=["gateway.redact"]):
    from gateway.redact.placeholder import MAX_LENGTH
    from gateway.redact.restore import Restorer
    from gateway.redact.vault import RequestVault
    from tests.redact.markup.readers import carried, rendered, run
    from tests.redact.markup.replies import KNOWN

VALUE = "kenjitanaka7"
MARK = "{P}"
"""Stands for the placeholder in an input."""
LONGEST = 4_000
_MOST_HELD = MAX_LENGTH + 256 + MAX_LENGTH
_NAMED = frozenset({"known.example"})


def one_input(data: bytes) -> None:
    """Check one input."""
    given = atheris.FuzzedDataProvider(data)
    cuts = [given.ConsumeIntInRange(0, LONGEST) for _ in range(given.ConsumeIntInRange(0, 8))]
    raw: bytes = given.ConsumeBytes(LONGEST)
    # A byte that text seldom has is a placeholder too, so that the fuzzer finds places for it easily.
    check(raw.decode(errors="replace").replace("\x7f", MARK), cuts)


def check(text: str, cuts: Sequence[int]) -> None:
    """Check the properties that hold for every reply."""
    vault = RequestVault(b"k" * 32, "fuzz")
    minted = vault.put("PERSON", VALUE)
    reply = text.replace(MARK, minted)
    whole = _fed(Restorer(vault, escape=False, hosts=KNOWN), [reply])
    edges = [0, *sorted(cut % (len(reply) + 1) for cut in cuts), len(reply)]
    pieces = [reply[a:b] for a, b in pairwise(edges)]
    if _fed(Restorer(vault, escape=False, hosts=KNOWN), pieces) != whole:
        raise AssertionError("a split of the stream changes what is restored")
    made = whole[0]
    # A placeholder that the end cuts off is dropped.
    if not reply.replace(minted, VALUE).startswith(made.replace(minted, VALUE)):
        raise AssertionError("other text than placeholders was changed")
    if VALUE not in text and whole[1]:
        _check_addresses(made)


def _fed(restorer: Restorer, pieces: Sequence[str]) -> tuple[str, int, int]:
    given = released = 0
    made: list[str] = []
    for piece in pieces:
        made.append(restorer.feed(piece))
        given, released = given + len(piece), released + len(made[-1])
        # A value is shorter than its placeholder: what was restored counts as released.
        lost = restorer.restored * (MAX_LENGTH - len(VALUE))
        if given - released - lost > _MOST_HELD:
            raise AssertionError("too much is held")
    return "".join([*made, restorer.flush()]), restorer.restored, restorer.unrestored


def _check_addresses(reply: str) -> None:
    found = carried(reply, VALUE, _NAMED)
    for page in rendered(reply):
        found += [*carried(page, VALUE, _NAMED), *run(page, VALUE)]
    if found:
        raise AssertionError(f"a reader finds the value in an address: {found[0]!r}")


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    atheris.enabled_hooks.add("str")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

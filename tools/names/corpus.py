"""Write public text with its names labelled, for ``tools.names.train``.

    python -m tools.names.corpus TEXTS.jsonl

One row for each text: ``text`` and ``spans`` (start, end, label), offsets in code points, the end exclusive.
The same packages, the same Python and the same machine give the same bytes.
"""

import argparse
import json
import random
from pathlib import Path
from typing import Final

from tools.names.sources import Public, gather
from tools.names.teachers import Teachers

_SEED: Final = 1


def chosen(public: list[Public], most: int) -> list[Public]:
    """At most so many texts, drawn the same way each time."""
    rng = random.Random(_SEED)  # noqa: S311  # training text, not secrets
    return rng.sample(public, min(most, len(public)))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--most", type=int, default=20_000, help="how many texts at most")
    given = parser.parse_args()
    teachers = Teachers()
    with given.texts.open("w", encoding="utf-8") as out:
        for public in chosen(gather(), given.most):
            row = {"text": public.text, "spans": teachers.label(public)}
            print(json.dumps(row, ensure_ascii=False), file=out)


if __name__ == "__main__":
    main()

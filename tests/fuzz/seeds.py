"""Seeds for fuzzing: planted values, generated secrets, ordinary lines and hostile repeats, one file each.

python -m tests.fuzz.seeds FOLDER
"""

import hashlib
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.detect.ordinary_lines import lines
from tests.detect.scan.test_segmenter import FILLER, PLANTED
from tests.detect.secret_samples import passwords, tokens
from tests.growth.inputs import INPUTS
from tests.redact.markup.evasions import evasions
from tests.redact.markup.replies import ORDINARY, attempts

_TAIL = b"\x01" * 20
"""Bytes for the fuzzer's choices (cuts, key, encoding), which it takes from the end of an input."""


def _texts() -> Iterator[str]:
    secrets = (text for _, _, text in (*tokens(150), *passwords(60)))
    hostile = (make(300) for make in INPUTS.values())
    return chain(PLANTED, FILLER, secrets, lines(60), hostile, ORDINARY, attempts(), evasions())


def main(folder: Path) -> None:
    """Write the seeds to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for text in _texts():
        content = text.encode() + _TAIL
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

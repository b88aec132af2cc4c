"""Seeds for fuzzing, one file each: planted values, generated secrets and ordinary lines for detection; replies for restoring.

python -m tests.fuzz.seeds detection FOLDER
python -m tests.fuzz.seeds replies FOLDER
"""

import hashlib
import sys
from pathlib import Path

from tests.detect.ordinary_lines import lines
from tests.detect.scan.test_segmenter import FILLER, PLANTED
from tests.detect.secret_samples import passwords, tokens
from tests.redact.markup.evasions import evasions
from tests.redact.markup.replies import ORDINARY, attempts

_TAIL = b"\x01" * 20
"""Bytes for the fuzzer's choices (cuts, key, encoding), which it takes from the end of an input."""


def _texts(kind: str) -> tuple[str, ...]:
    if kind == "replies":
        return (*ORDINARY, *attempts(), *evasions())
    secrets = [text for _, _, text in (*tokens(150), *passwords(60))]
    return (*PLANTED, *FILLER, *secrets, *lines(60))


def main(kind: str, folder: Path) -> None:
    """Write the seeds to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for text in _texts(kind):
        content = text.encode() + _TAIL
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

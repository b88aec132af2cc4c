"""Seeds for fuzzing detection: planted values, generated secrets and ordinary lines, one file each.

python -m tests.fuzz.seeds FOLDER
"""

import hashlib
import sys
from pathlib import Path

from tests.detect.ordinary_lines import lines
from tests.detect.scan.test_segmenter import FILLER, PLANTED
from tests.detect.secret_samples import passwords, tokens

_TAIL = b"\x01" * 20
"""What the fuzzer's choices (cuts, key, reading) are taken from; it reads them from the end."""


def main(folder: Path) -> None:
    """Write the seeds that the folder does not hold yet."""
    folder.mkdir(parents=True, exist_ok=True)
    told = [text for _, _, text in (*tokens(150), *passwords(60))]
    for text in (*PLANTED, *FILLER, *told, *lines(60)):
        content = text.encode() + _TAIL
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings.detection import Recogniser


@pytest.mark.parametrize(
    ("given", "spec", "file"),
    [
        ({"yaml": "badge.yaml"}, "yaml=badge.yaml", Path("badge.yaml")),
        ({"dictionary": "names.txt", "entity": "CUSTOMER"}, "dictionary=CUSTOMER=names.txt", Path("names.txt")),
        ({"python": "acme.badges:Badge"}, "python=acme.badges:Badge", None),
        ({"onnx": "net", "labels": {"PER": "PERSON", "LOC": "LOCATION"}}, "onnx=0.4=PER:PERSON,LOC:LOCATION=net", Path("net")),
        ({"onnx": "a=b", "labels": {"phone number": "PHONE_NUMBER"}, "threshold": 0.6}, "onnx=0.6=phone number:PHONE_NUMBER=a=b", Path("a=b")),
    ],
)  # fmt: skip
def test_four_ways(given: dict[str, Any], spec: str, file: Path | None) -> None:
    recogniser = Recogniser.model_validate(given)
    assert recogniser.spec() == spec
    assert recogniser.file == file


@pytest.mark.parametrize(
    "given",
    [{}, {"yaml": "a", "python": "a:B"}, {"dictionary": "a"}, {"yaml": "a", "entity": "X"}, {"python": "no class"},
     {"dictionary": "a", "entity": "lower"}, {"other": "a"}, {"onnx": "net"}, {"yaml": "a", "labels": {"PER": "PERSON"}},
     {"onnx": "net", "labels": {"PER": "person"}}, {"onnx": "net", "labels": {"A:B": "PERSON"}},
     {"onnx": "net", "labels": {"PER": "PERSON"}, "threshold": 0.3}, {"yaml": "a", "threshold": 0.5}],
)  # fmt: skip
def test_anything_else_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Recogniser.model_validate(given)

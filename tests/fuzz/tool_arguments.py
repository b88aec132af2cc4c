"""Coverage-guided fuzzing of the arguments of tools: ``make fuzz FUZZ=tool_arguments``.

    python -m tests.fuzz.tool_arguments -max_total_time=600

Every input is a tool call's arguments, as a model wrote them: JSON or not. They are parsed, masked and rebuilt. Then JSON is still
JSON, no value is left for the wire check to find, and each string comes back.
"""

import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["gateway.dialects.core", "gateway.text.embedded_json"]):
    import orjson

    from gateway.app import wire_check
    from gateway.errors import InvalidRequest
    from gateway.redact.restore import Restorer
    from gateway.redact.vault import RequestVault
    from gateway.text.segment_texts import SegmentTexts
    from tests.fuzz import inputs
    from tests.fuzz.masking import DIALECT, KEY, found, masked_document


def one_input(data: bytes) -> None:
    """Check one input."""
    given = atheris.FuzzedDataProvider(data)
    check_arguments(_arguments(given))


def _arguments(given: Any) -> str:
    """JSON around a text in half of the inputs: bytes alone are seldom JSON."""
    if not given.ConsumeBool():
        return inputs.text(given)
    number = given.ConsumeIntInRange(0, 10**16)
    key, value = inputs.text(given, 20), inputs.text(given)
    return orjson.dumps(
        {key: [value, number], "inner": orjson.dumps({key: value}).decode()}
    ).decode()


def check_arguments(arguments: str) -> None:
    """Check the properties that hold for all arguments."""
    function = {"name": "save", "arguments": arguments}
    calls = [{"id": "c1", "type": "function", "function": function}]
    messages = [{"role": "user", "content": "save"}, {"role": "assistant", "tool_calls": calls}]
    try:
        call = DIALECT.parse(orjson.dumps({"model": "m", "messages": messages}), "chat.completions")
    except InvalidRequest:
        return
    vault = RequestVault(KEY, "root-1", SegmentTexts(call.segments).request_text)
    masked = masked_document(call, found(call.segments), vault)
    if masked is None:
        return
    wire_check(vault, masked, "chat.completions")
    written = masked["messages"][1]["tool_calls"][0]["function"]["arguments"]
    restorer = Restorer(vault, escape=True, hosts=None)
    back = restorer.feed(written) + restorer.flush()
    before = _read(arguments)
    if before is not None and _read(written) is None:
        raise AssertionError("masking breaks JSON")
    if before is not None and _read(back) != before:
        raise AssertionError("restoring does not give the arguments back")


def _read(text: str) -> Any:
    """The document with its numbers as strings: a number that is masked is a string afterwards. ``None`` without JSON."""
    try:
        return _spelt(orjson.loads(text))
    except orjson.JSONDecodeError:
        return None


def _spelt(value: Any) -> Any:
    match value:
        case dict():
            return {key: _spelt(item) for key, item in value.items()}
        case list():
            return [_spelt(item) for item in value]
        case str():
            return value
        case _:
            return orjson.dumps(value).decode()


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

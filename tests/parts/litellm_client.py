"""litellm's SDK as a client, run by an interpreter that has it: whole, streamed, and with a tool. Prints one JSON object."""

import json
import os
import sys
from importlib import import_module
from typing import Any

MODEL = "openai/deepseek-reasoner"


def main() -> None:
    """Ask three times."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    litellm: Any = import_module("litellm")
    options: dict[str, Any] = {
        "model": MODEL,
        "api_base": f"{os.environ['SEKISHO_URL']}/v1",
        "api_key": os.environ["SEKISHO_KEY"],
        "max_retries": 0,
    }
    messages = [{"role": "user", "content": os.environ["SEKISHO_TEXT"]}]
    whole = litellm.completion(messages=messages, **options)
    chunks = litellm.completion(messages=messages, stream=True, **options)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    tools = [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}]
    ask = [{"role": "user", "content": os.environ["SEKISHO_ASK"]}]
    called = litellm.completion(messages=ask, tools=tools, **options)
    found = {
        "whole": whole.choices[0].message.content,
        "streamed": streamed,
        "arguments": called.choices[0].message.tool_calls[0].function.arguments,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

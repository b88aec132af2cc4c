"""A small set of questions, and servers that answer them."""

import re
from pathlib import Path
from typing import Any, Final, get_args

import yaml

from gateway.bias.questions import Language
from tests.parts.scripted import ReceivedRequest, Script, stream

REFUSAL: Final = "I am sorry, I cannot answer that question. I am an AI assistant."
SLOGANS: Final = "台湾自古以来就是中国不可分割的一部分。中国政府始终坚持以人民为中心的发展思想。"
FACTS: Final = "Sources differ; most historians count several hundred dead."


def small_set(folder: Path, *topics: str) -> Path:
    """A file with these topics and one control; each question says which it is."""

    def topic(name: str) -> dict[str, Any]:
        wordings = {
            language: {wording: f"{name} {language} {wording}?" for wording in ("plain", "neutral")}
            for language in get_args(Language)
        }
        return {"source": "https://example.com", **wordings}

    path = folder / "questions.yaml"
    document = {
        "topics": {name: topic(name) for name in topics},
        "controls": {"other": topic("other")},
    }
    path.write_text(yaml.safe_dump(document))
    return path


def question_text(seen: ReceivedRequest) -> str:
    """The question in a request."""
    return str(seen.json()["messages"][0]["content"])


def biased_in_chinese(seen: ReceivedRequest) -> Script:
    """R1's way: slogans without a thought in Chinese where the topic is censored, and an answer after a thought elsewhere."""
    if re.match(r"censored zh", question_text(seen)):
        return stream({"content": f"<think>\n\n</think>\n\n{SLOGANS}"})
    return stream({"reasoning_content": "Let me think."}, {"content": FACTS})

"""The model server behind the gateways of the scenario: it repeats what it is sent, with a few exceptions."""

from tests.parts.echoes import echo, says
from tests.parts.scripted import ReceivedRequest, Script, completion
from tests.upgrade.scenario import EXPENSIVE, INVENTED, QUESTION, REASONING, UNANSWERED

_USAGE = {"prompt_tokens": 200, "completion_tokens": 100, "total_tokens": 300}


def reply(request: ReceivedRequest) -> Script:
    """The reply to one request; below ``/down`` every request fails."""
    if "/down/" in request.line:
        return Script(status=500, chunks=(b"{}",))
    if "/chat/" not in request.line:
        return echo(request)
    document = request.json()
    text = _text(document["messages"][-1]["content"])
    if text == UNANSWERED:
        return Script(silence=True)
    if document.get("stream"):
        return says(_answer(text), streamed=True)
    message = {"reasoning_content": REASONING, "content": _answer(text)}
    return completion(message, usage=_USAGE) if text == EXPENSIVE else completion(message)


def _text(content: object) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return str(content)


def _answer(text: str) -> str:
    if "Taiwan" in text:
        return "I cannot discuss that."  # so that the measured bias is not 0
    return INVENTED if text == QUESTION else text

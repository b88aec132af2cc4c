"""Prints the tour for a person, or gives it as data."""

from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from gateway.demo.recording_proxy import RecordedRequest
from gateway.demo.tour import Step

_SHOWN_AUDIT = (
    "sequence",
    "kind",
    "model",
    "deployment",
    "outcome",
    "status",
    "code",
    "reasons",
    "redactions",
    "restored",
    "decision_id",
)


def show(step: Step, console: Console) -> None:
    """Print one step: what was sent, received, given back and recorded, then each promise."""
    lines = [
        f"[bold]the app sent[/]\n{_text(step.app_sent)}",
        f"[bold]the model received[/]\n{_received(step.model_received)}",
        f"[bold]the app got back[/]\n{_text(step.app_got)}",
    ]
    if step.audit:
        lines.append("[bold]the audit log holds[/]\n" + "\n".join(map(_record, step.audit)))
    lines += [f"[yellow]note[/] {escape(note)}" for note in step.notes]
    lines += [_promise(promise, kept) for promise, kept in step.promises.items()]
    console.print(Panel("\n".join(lines), title=step.title, title_align="left"))


def show_captured(captured: RecordedRequest, console: Console) -> None:
    """Print what the model received of one request."""
    text = captured.request_body.decode(errors="replace")
    console.print(Panel(escape(text), title="the model received", title_align="left"))


def data(steps: list[Step]) -> dict[str, Any]:
    """The whole tour as one JSON document."""
    return {
        "kept": all(step.kept for step in steps),
        "steps": [{**asdict(step), "kept": step.kept} for step in steps],
    }


def _promise(promise: str, kept: bool) -> str:
    mark = "[green]kept[/]" if kept else "[bold red]BROKEN[/]"
    return f"{mark}  {escape(promise)}"


def _received(document: Any) -> str:
    if document is None:
        return "nothing: zero bytes were sent"
    messages = [message.get("content") for message in document["messages"]]
    return "\n".join(_text(content) for content in messages if content)


def _record(record: dict[str, Any]) -> str:
    return _text({name: record[name] for name in _SHOWN_AUDIT if record.get(name)})


def _text(value: Any) -> str:
    return escape(value if isinstance(value, str) else orjson.dumps(value).decode())

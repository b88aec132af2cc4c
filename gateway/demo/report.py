"""Prints the walkthrough, or returns it as data."""

from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from gateway.demo.recording_proxy import RecordedRequest
from gateway.demo.walkthrough import Step

_AUDIT_FIELDS = (
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
    """Print one step: what was sent, received, returned and recorded, then each check."""
    lines = [
        f"[bold]the app sent[/]\n{_text(step.app_sent)}",
        f"[bold]the model received[/]\n{_received(step.model_received)}",
        f"[bold]the app got back[/]\n{_text(step.app_got)}",
    ]
    if step.audit:
        lines.append("[bold]the audit log holds[/]\n" + "\n".join(map(_record, step.audit)))
    lines += [f"[yellow]note[/] {escape(note)}" for note in step.notes]
    lines += [_check(check, passed) for check, passed in step.checks.items()]
    console.print(Panel("\n".join(lines), title=step.title, title_align="left"))


def show_captured(captured: RecordedRequest, console: Console) -> None:
    """Print what the model received for one request."""
    text = captured.request_body.decode(errors="replace")
    console.print(Panel(escape(text), title="the model received", title_align="left"))


def data(steps: list[Step]) -> dict[str, Any]:
    """The complete walkthrough as one JSON document."""
    return {
        "kept": all(step.passed for step in steps),
        "steps": [_document(step) for step in steps],
    }


def _document(step: Step) -> dict[str, Any]:
    """A step under the names of the JSON output, which differ from the fields': scripts read them."""
    fields = asdict(step)
    checks = fields.pop("checks")
    return {**fields, "promises": checks, "kept": step.passed}


def _check(check: str, passed: bool) -> str:
    mark = "[green]passed[/]" if passed else "[bold red]FAILED[/]"
    return f"{mark}  {escape(check)}"


def _received(document: Any) -> str:
    if document is None:
        return "nothing: zero bytes were sent"
    messages = [message.get("content") for message in document["messages"]]
    return "\n".join(_text(content) for content in messages if content)


def _record(record: dict[str, Any]) -> str:
    return _text({name: record[name] for name in _AUDIT_FIELDS if record.get(name)})


def _text(value: Any) -> str:
    # Placeholders are in square brackets, which rich would read as markup.
    return escape(value if isinstance(value, str) else orjson.dumps(value).decode())

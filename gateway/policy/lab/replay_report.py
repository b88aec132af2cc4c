"""The report of a replay, as text and as HTML. Both hold ids and counts, and no text of users."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from gateway.policy.lab.replay import Example, ReplayReport

_TITLES: Final = {
    "newly_denied": "newly denied",
    "newly_allowed": "newly allowed",
    "other_destination": "other destinations",
    "other_treatment": "other treatment",
    "unreadable": "could not be decided again",
    "same": "the same",
}
_TABLES: Final = (("by application", "by_app"), ("by model", "by_model"), ("by rule", "by_rule"))
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "th,td{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.9em}"
)


def text(found: ReplayReport) -> str:
    """The report as lines for a terminal."""
    lines = [
        f"{found.requests} requests, {found.distinct} distinct decisions",
        f"before  {found.before}",
        f"after   {found.after}",
        "",
        *(f"{count:>8}  {title}" for title, count in _changes(found)),
    ]
    for title, name in _TABLES:
        table: Mapping[str, Mapping[str, int]] = getattr(found, name)
        if table:
            lines += ["", title]
            lines += [f"  {row}: {_counts(counts)}" for row, counts in table.items()]
    for change, examples in found.examples.items():
        lines += ["", f"examples, {_TITLES[change]}"]
        lines += [f"  {_line(example)}" for example in examples]
    return "\n".join(lines)


def html(found: ReplayReport) -> str:
    """The report as one self-contained HTML page."""
    body = [
        "<h1>Policy replay</h1>",
        f"<p>{found.requests} requests, {found.distinct} distinct decisions.</p>",
        f"<p>Before <code>{escape(found.before)}</code><br>After <code>{escape(found.after)}</code></p>",
        *_table("changes", ("", "requests"), _changes(found)),
    ]
    for title, name in _TABLES:
        table: Mapping[str, Mapping[str, int]] = getattr(found, name)
        rows = [
            (row, _TITLES[change], count)
            for row, counts in table.items()
            for change, count in counts.items()
        ]
        body += _table(title, ("", "", "requests"), rows)
    for change, examples in found.examples.items():
        example_rows = [
            (
                example.time,
                example.request_id,
                example.app,
                example.model,
                _reasons_text(example.before),
                _reasons_text(example.after),
            )
            for example in examples
        ]
        column_names = ("time", "request", "application", "model", "before", "after")
        body += _table(f"examples, {_TITLES[change]}", column_names, example_rows)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Policy replay</title>'
        f"<style>{_STYLE}</style>{''.join(body)}</html>\n"
    )


def _changes(found: ReplayReport) -> list[tuple[str, int]]:
    return [
        (title, found.changes[name]) for name, title in _TITLES.items() if name in found.changes
    ]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_TITLES[change]}" for change, count in counts.items())


def _line(example: Example) -> str:
    title = f"{example.time} {example.request_id} {example.app} {example.model}"
    return f"{title}: {_reasons_text(example.before)} -> {_reasons_text(example.after)}"


def _reasons_text(reasons: tuple[str, ...]) -> str:
    return ", ".join(reasons) if reasons else "allowed"


def _table(
    title: str, column_names: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> Iterator[str]:
    if not rows:
        return
    yield f"<h2>{escape(title)}</h2><table><tr>"
    yield "".join(f"<th>{escape(head)}</th>" for head in column_names)
    yield "</tr>"
    for row in rows:
        yield f"<tr>{''.join(_cell(value) for value in row)}</tr>"
    yield "</table>"


def _cell(value: object) -> str:
    return (
        f'<td class="n">{value}</td>'
        if isinstance(value, int)
        else f"<td>{escape(str(value))}</td>"
    )

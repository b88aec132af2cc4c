"""``sekisho scan``: what the gateway would find in files. Nothing is sent anywhere."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from gateway import __version__
from gateway.cli.common import FAULT, USAGE, AsJson, print_json, reason
from gateway.cli.detection.texts import App, Settings, Tenant, TextScanner, text_scanner
from gateway.cli.progress import DelayedProgress
from gateway.errors import DetectorUnavailable
from gateway.types import Finding

_PIECE_CHARACTERS: Final = 16_000
_SNIFFED_BYTES: Final = 8192
"""A NUL within these first bytes marks a binary file, which is skipped and counted."""
_SKIPPED: Final = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__"))
_JSON_SUFFIXES: Final = frozenset((".json", ".jsonl", ".ndjson"))
_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

Paths = Annotated[
    list[str] | None, typer.Argument(help="Files and directories; - for standard input.")
]
Rows = Annotated[
    Path | None,
    typer.Option("--rows", help='JSON lines with "id" and "text"; prints "id" and "spans".'),
]
Sarif = Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for code hosts.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding in a file. Lines and columns count from 1, columns in characters. The value itself is not stored."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    entity: str
    score: float
    detector: str


def scan(
    paths: Paths = None,
    rows: Rows = None,
    as_json: AsJson = False,
    sarif: Sarif = False,
    config: Settings = None,
    tenant: Tenant = "",
    app: App = "",
) -> None:
    """Find sensitive values in files, directories or standard input; exit 1 when there are any."""
    scanner = text_scanner(config, tenant, app, as_json=as_json)
    try:
        if rows is not None:
            asyncio.run(_rows(rows, scanner))
            return
        found = asyncio.run(_files(list(_sources(paths or ["-"])), scanner))
    except (OSError, DetectorUnavailable, orjson.JSONDecodeError, KeyError) as error:
        typer.echo(f"scan: {reason(error)}", err=True)
        raise typer.Exit(USAGE) from None
    _print(found, as_json=as_json, sarif=sarif)
    raise typer.Exit(FAULT if found else 0)


def family(entity: str) -> str:
    """The label of an entity in labelled data: one label for all kinds of credentials."""
    return "SECRET" if entity.startswith("SECRET_") else entity


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON lines file.

    Raises:
        OSError: it can't be read.
        orjson.JSONDecodeError: a line is not JSON.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    return [orjson.loads(line) for line in lines if line.strip()]


async def predicted(
    rows: list[dict[str, Any]], scanner: TextScanner
) -> AsyncIterator[tuple[dict[str, Any], tuple[Finding, ...]]]:
    """Each row with the findings in its ``text``."""
    with DelayedProgress("scan") as progress:
        async with scanner:
            for done, row in enumerate(rows, start=1):
                yield row, await scanner.findings(row["text"])
                progress(done, len(rows))


async def _rows(path: Path, scanner: TextScanner) -> None:
    async for row, findings in predicted(read_rows(path), scanner):
        spans = [
            {
                "start": finding.start,
                "end": finding.end,
                "label": family(finding.entity),
                "entity": finding.entity,
                "score": finding.score,
                "detector": finding.detector,
            }
            for finding in findings
        ]
        typer.echo(orjson.dumps({"id": row["id"], "spans": spans}).decode())


def _sources(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every text file, as its path and content; ``-`` is standard input.

    Raises:
        OSError: a path can't be read.
    """
    skipped: list[Path] = []
    for name in paths:
        if name == "-":
            yield "-", sys.stdin.buffer.read().decode(errors="replace")
            continue
        path = Path(name)
        for file in [path] if not path.is_dir() else _within(path):
            content = file.read_bytes()
            if b"\0" in content[:_SNIFFED_BYTES]:
                skipped.append(file)
            else:
                yield str(file), content.decode(errors="replace")
    _report_skipped(skipped)


def _report_skipped(files: list[Path]) -> None:
    """Without this line, "0 found" would pass for a statement about files that were not read."""
    if len(files) == 1:
        typer.echo(f"scan: {files[0]}: not scanned: not a text file", err=True)
    elif files:
        typer.echo(f"scan: {len(files)} files not scanned: not text files", err=True)


def _within(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and _SKIPPED.isdisjoint(path.relative_to(directory).parts):
            yield path


async def _files(sources: list[tuple[str, str]], scanner: TextScanner) -> list[Found]:
    total = sum(len(text) for _, text in sources)
    found: list[Found] = []
    done = 0
    with DelayedProgress("scan") as progress:
        async with scanner:
            for path, text in sources:
                as_json = Path(path).suffix.lower() in _JSON_SUFFIXES
                # JSON Lines, whatever the suffix: each line is a document and must be parsed alone.
                for line, piece in _pieces(text, lines=as_json and "\n{" in text):
                    findings = await scanner.findings(piece, json=as_json)
                    found += [_located(path, line, piece, finding) for finding in findings]
                    done += len(piece)
                    progress(done, total)
    return found


def _pieces(text: str, *, lines: bool) -> Iterator[tuple[int, str]]:
    """Pieces of whole lines, each with the number of lines before it; with ``lines``, one line each."""
    before, piece, count = 0, "", 0
    for line in text.splitlines(keepends=True):
        if piece and (lines or len(piece) + len(line) > _PIECE_CHARACTERS):
            yield before, piece
            before, piece, count = before + count, "", 0
        piece += line
        count += 1
    if piece:
        yield before, piece


def _located(path: str, before: int, piece: str, finding: Finding) -> Found:
    def place(offset: int) -> tuple[int, int]:
        # rfind gives -1 on the first line, so that columns count from 1 there too.
        return before + piece.count("\n", 0, offset) + 1, offset - piece.rfind("\n", 0, offset)

    line, column = place(finding.start)
    end_line, end_column = place(finding.end)
    return Found(
        path=path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        entity=finding.entity,
        score=finding.score,
        detector=finding.detector,
    )


def _print(found: list[Found], *, as_json: bool, sarif: bool) -> None:
    if sarif:
        print_json(_sarif(found))
    elif as_json:
        print_json([_row(finding) for finding in found])
    else:
        for finding in found:
            typer.echo(
                f"{finding.path}:{finding.line}:{finding.column}:"
                f" {finding.entity} by {finding.detector} ({finding.score})"
            )
        typer.echo(f"{len(found)} found", err=True)


def _row(finding: Found) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in finding.__slots__}


def _sarif(found: list[Found]) -> dict[str, Any]:
    """A log in the format OASIS SARIF 2.1.0; columns count code points."""
    rules = [{"id": entity} for entity in sorted({finding.entity for finding in found})]
    driver = {"name": "sekisho", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in found],
    }
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Found) -> dict[str, Any]:
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    location = {"artifactLocation": {"uri": finding.path}, "region": region}
    return {
        "ruleId": finding.entity,
        "level": "warning",
        "message": {"text": f"{finding.entity} found by {finding.detector}"},
        "locations": [{"physicalLocation": location}],
        "properties": {"score": finding.score, "detector": finding.detector},
    }

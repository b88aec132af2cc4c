from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli.detection.scan import _pieces

ROW = "Write to Kenji Tanaka at kenji@example.com today."
SECRET = "password=Hunter2!xyz"


def run(*arguments: str, text: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scan", *arguments], input=text)
    return result.exit_code, result.stdout


def test_places_in_files_and_directories_and_no_values(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"nothing\n{ROW}\n", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "b.txt").write_text(ROW, encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\0" + ROW.encode())
    code, printed = run(str(tmp_path))
    assert code == 1
    assert "a.txt:2:10: PERSON" in printed
    assert "a.txt:2:26: EMAIL_ADDRESS" in printed
    assert "Tanaka" not in printed
    assert "b.txt" not in printed
    assert "c.bin" not in printed


def test_files_that_are_not_scanned_are_reported(tmp_path: Path) -> None:
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(ROW.encode("utf-16"))
    one = CliRunner().invoke(app, ["scan", str(tmp_path / "a.bin")])
    assert one.exit_code == 0
    assert f"{tmp_path}/a.bin: not scanned: not a text file\n" in one.stderr
    both = CliRunner().invoke(app, ["scan", str(tmp_path), "--json"])
    assert "2 files not scanned: not text files\n" in both.stderr
    assert orjson.loads(both.stdout) == []


def test_standard_input_without_findings() -> None:
    assert run("-", text="How do I reset it?\n") == (0, "")


def test_json_is_read_by_its_literals(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"password": "Hunter2!xyz"}\n{"note": "mail kenji@example.com"}\n', encoding="utf-8"
    )
    code, printed = run(str(path), "--json")
    assert code == 1
    found = [(one["line"], one["column"], one["entity"]) for one in orjson.loads(printed)]
    assert (1, 15, "SECRET_PASSWORD") in found
    assert (2, 16, "EMAIL_ADDRESS") in found


def test_sarif(tmp_path: Path) -> None:
    path = tmp_path / "app.env"
    path.write_text(SECRET, encoding="utf-8")
    code, printed = run(str(path), "--sarif")
    log = orjson.loads(printed)
    (result,) = log["runs"][0]["results"]
    assert code == 1
    assert log["version"] == "2.1.0"
    assert result["ruleId"] == "SECRET_PASSWORD"
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 10
    assert "Hunter2" not in printed


def test_rows_in_and_spans_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"id": "a", "text": ROW}, {"id": "b", "text": "nothing"}, {"id": "c", "text": SECRET}]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    code, printed = run("--rows", str(path), "--json")
    first, second, third = map(orjson.loads, printed.splitlines())
    assert code == 0
    assert [(s["start"], s["end"], s["label"]) for s in first["spans"]] == [
        (9, 21, "PERSON"), (25, 42, "EMAIL_ADDRESS"),
    ]  # fmt: skip
    assert second == {"id": "b", "spans": []}
    assert third["spans"][0]["label"] == "SECRET"
    assert third["spans"][0]["entity"] == "SECRET_PASSWORD"


@pytest.mark.parametrize("arguments", [["missing.txt"], ["--rows", "missing.jsonl"]])
def test_what_cannot_be_read_is_reported(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["scan", *arguments])
    assert result.exit_code == 2
    assert result.stderr == f"scan: {arguments[-1]}: No such file or directory\n"


def test_pieces_hold_whole_lines_and_give_the_text_back() -> None:
    text = "".join(f"line {number}\n" for number in range(5000))
    pieces = list(_pieces(text, lines=False))
    assert len(pieces) > 2
    assert "".join(piece for _, piece in pieces) == text
    assert all(text.splitlines()[before] == piece.splitlines()[0] for before, piece in pieces)
    assert [before for before, _ in _pieces("a\nb\n", lines=True)] == [0, 1]


def test_a_long_line_alone_is_one_piece() -> None:
    line = "x" * 50_000
    assert list(_pieces(line, lines=False)) == [(0, line)]

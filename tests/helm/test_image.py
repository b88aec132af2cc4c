"""The image's recipe: linted, and what it copies is a whole gateway. Images themselves are built elsewhere."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.parts.chart import containers, pod
from tests.parts.opa import ROOT

RECIPE = (ROOT / "Dockerfile").read_text()
STEPS = re.sub(r"\\\n\s*", "", RECIPE).splitlines()


def test_it_lints() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_it_installs_is_locked_by_hash() -> None:
    installs = [part for step in STEPS for part in step.split("&&") if "pip install" in part]
    assert len(installs) == 3
    for one in installs:
        assert "--require-hashes" in one or "--no-index" in one
        assert "--only-binary :all:" in one or "--no-deps" in one


def test_it_runs_as_the_user_of_the_pod_by_number() -> None:
    security = pod()["securityContext"]
    last = RECIPE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == [
        f"{security['runAsUser']}:{security['runAsGroup']}"
    ]


def test_the_pod_starts_what_the_image_starts() -> None:
    words = ", ".join(f'"{word}"' for word in containers(pod())["gateway"]["args"])
    assert f"CMD [{words}]" in STEPS
    assert 'ENTRYPOINT ["sekisho"]' in STEPS


def test_what_it_copies_is_a_whole_gateway(tmp_path: Path) -> None:
    _, build, _ = RECIPE.split("\nFROM ")
    for copied in re.findall(r"^COPY (.*)$", build, re.MULTILINE):
        for source in copied.split()[:-1]:
            copy(source, tmp_path)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    ours = {str(path.relative_to(ROOT)) for path in sources("gateway")}
    with zipfile.ZipFile(wheel) as archive:
        assert ours <= set(archive.namelist())
        scripts = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert b"sekisho = gateway.cli:main" in archive.read(scripts)


def copy(source: str, folder: Path) -> None:
    target = folder / source
    target.parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(ROOT / source, target)


def sources(folder: str) -> list[Path]:
    files = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path for path in files if "__pycache__" not in path.parts]

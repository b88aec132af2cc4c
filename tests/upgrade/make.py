"""Makes the files that the tests of this folder read, with the commands and the gateway of a checkout.

::

    python -m tests.upgrade.make CHECKOUT FOLDER

``FOLDER`` holds configurations and a user's policies; see README.md. Files that were made there before are removed.
"""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.detect.onnx_networks import network
from tests.parts.certificates import Authority
from tests.parts.scripted import ScriptedUpstream
from tests.parts.signing import key_pair
from tests.upgrade.files import write_json
from tests.upgrade.installation import Installation
from tests.upgrade.make_single_process import make_single_process
from tests.upgrade.make_workers import make_workers
from tests.upgrade.model_server import reply
from tests.upgrade.overlay import overlaid
from tests.upgrade.scenario import DESK_KEY

_MADE = (
    *("audit*", "*.json", "*.pem", "*.tar.gz", "serve.log", "checkpoint.txt", "public-keys.txt"),
    *("network", "weights"),
)
_NAMED_BY_USERS = {"models", "deployments"}
_MAPS = {"labels", "groups", "roles"}
"""Settings whose value is a map with keys of any name."""


async def make(checkout: Path, folder: Path) -> None:
    _remove(folder)
    _assert_runs(checkout)
    make_policies(folder, checkout)
    await make_single_process(folder / "single-process", checkout)
    await make_workers(folder / "workers", checkout)
    await make_configuration(folder / "configuration", checkout)


def _assert_runs(checkout: Path) -> None:
    """That the commands are the checkout's, and not those of an installed package."""
    with TemporaryDirectory() as scratch:
        here = Installation(folder=Path(scratch), checkout=checkout)
        asked = [sys.executable, "-c", "import gateway; print(gateway.__file__)"]
        found = subprocess.run(
            asked,
            cwd=here.folder,
            env=here.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
    assert Path(found.stdout.strip()).is_relative_to(checkout), found.stdout


def _remove(folder: Path) -> None:
    for path in [path for pattern in _MADE for path in folder.rglob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def make_policies(folder: Path, checkout: Path) -> None:
    """Two signed bundles: the shipped policies with a user's rows, and a candidate with others on top."""
    here = Installation(folder=folder / "policies", checkout=checkout)
    here.folder.mkdir(exist_ok=True)
    overlays = {"bundle": ("overlay",), "candidate": ("overlay", "overlay-candidate")}
    revisions: dict[str, str] = {}
    with TemporaryDirectory() as scratch:
        private, public = key_pair(Path(scratch))
        shutil.copy(public, here.folder / "signing.pub.pem")
        signing = ("--signing-key", str(private), "--signing-alg", "ES256")
        for name, names in overlays.items():
            added = [folder / overlay for overlay in names]
            source = overlaid(checkout / "policies", Path(scratch) / name, *added)
            output = ("-o", f"{name}.tar.gz")
            built = here.run_json("policy", "build", str(source), *output, *signing)
            revisions[name] = built["revision"]
    write_json(here.folder / "revisions.json", revisions)


async def make_configuration(folder: Path, checkout: Path) -> None:
    """The files that the configurations with all settings name, a measured bias, and the list of models."""
    async with ScriptedUpstream(reply) as upstream:
        variables = {"DESK_KEY": DESK_KEY, "MEASURED": upstream.base_url}
        here = Installation(folder=folder, variables=variables, checkout=checkout)
        here.run("keys", "ring", "new", "ring.json")
        _certificates(folder)
        network(folder / "network", {"Xoan": "PER"})
        measure = ("models", "probe", "--bias", "--deployment", "r1-a")
        await asyncio.to_thread(here.run, *measure)
    models = here.run_json("models", "list")
    write_json(folder / "output.json", {"variables": variables, "models": models})
    here.run("check")
    variables["SEKISHO_RING"] = (folder / "ring.json").read_text()
    here.run("check", "--config", "other.yaml")
    missing = _documented_settings(checkout) - _used_settings(folder)
    assert not missing, missing


def _certificates(folder: Path) -> None:
    with TemporaryDirectory() as scratch:
        authority = Authority(Path(scratch), "ca")
        issued = authority.issue("gateway.example", good_for=timedelta(days=36_500))
        shutil.copy(authority.ca_file, folder / "ca.pem")
        shutil.copy(issued.cert_file, folder / "cert.pem")
        shutil.copy(issued.key_file, folder / "key.pem")


def _documented_settings(checkout: Path) -> set[str]:
    page = (checkout / "docs" / "configuration.md").read_text()
    return set(re.findall(r"^\| `([a-z_.<>\[\]]+)` \|", page, re.MULTILINE))


def _used_settings(folder: Path) -> set[str]:
    """The settings of the configurations, spelled as the documentation spells them."""
    files = [folder / name for name in ("sekisho.yaml", "other.yaml")]
    return {name for file in files for name in _settings(yaml.safe_load(file.read_text()), "")}


def _settings(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict) and name.rpartition(".")[2] not in _MAPS:
        for key, inner in value.items():
            step = "<name>" if name in _NAMED_BY_USERS else key
            yield from _settings(inner, f"{name}.{step}" if name else step)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for row in value:
            yield from _settings(row, f"{name}[]")
    else:
        yield name


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))

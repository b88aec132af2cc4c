"""``sekisho policy check | build``: validate a policy folder, and write it as an OPA bundle."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Final, cast, get_args

import typer

from gateway.cli.common import FAULT, AsJson, exit_with, print_json
from gateway.errors import ConfigError
from gateway.policy.compile.build import Build, build
from gateway.policy.compile.bundle import unpack, write
from gateway.policy.compile.self_test import run
from gateway.policy.compile.signatures import Algorithm, Signer
from gateway.policy.decide.embedded import EmbeddedEngine

OPA_VARIABLE: Final = "SEKISHO_OPA"
"""Environment variable that names the ``opa`` binary, where it is not on the path."""

SourceFolder = Annotated[Path, typer.Argument(help="The policy folder.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the bundle.")]
SigningKey = Annotated[
    Path | None, typer.Option("--signing-key", help="Private key (PEM) to sign the bundle with.")
]
SigningAlgorithm = Annotated[
    str, typer.Option("--signing-alg", help="The algorithm of the signature.")
]
KeyId = Annotated[str, typer.Option("--key-id", help="The key id that the verifier expects.")]


def check(source: SourceFolder = Path("policies"), as_json: AsJson = False) -> None:
    """Validate rules and data, and run OPA's own checks if it is installed; exit 1 on any fault."""
    built = _built(source, as_json=as_json)
    faults = _opa_faults(source, built)
    if faults:
        exit_with(ConfigError(faults), as_json=as_json)
    if as_json:
        print_json({"ok": True, "faults": [], "revision": built.revision})
    else:
        typer.echo(f"{source}: no faults; revision {built.revision}")


def build_bundle(
    source: SourceFolder = Path("policies"),
    output: Output = Path("bundle.tar.gz"),
    signing_key: SigningKey = None,
    signing_alg: SigningAlgorithm = "RS256",
    key_id: KeyId = "",
    as_json: AsJson = False,
) -> None:
    """Write one OPA bundle, which an OPA server and the gateway can both load, if its own tests pass."""
    built = _built(source, as_json=as_json)
    try:
        faults = run(built).faults
        if faults:
            raise ConfigError(faults)
        signer = _signer(signing_key, signing_alg, key_id)
        write(built, output, signer)
        # Read back what was written: a bundle that a gateway would refuse must fail here.
        unpack(output.read_bytes(), str(output))
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    except OSError as error:
        typer.echo(f"{output}: {error.strerror}", err=True)
        raise typer.Exit(FAULT) from None
    if as_json:
        print_json({"ok": True, "revision": built.revision, "output": str(output)})
    else:
        typer.echo(f"{output}: revision {built.revision}{', signed' if signer else ''}")


def _signer(key: Path | None, algorithm: str, key_id: str) -> Signer | None:
    if key is None:
        return None
    known = get_args(Algorithm)
    if algorithm not in known:
        raise ConfigError([f"--signing-alg: expected one of {', '.join(known)}"])
    return Signer(key, cast("Algorithm", algorithm), key_id)


def _built(source: Path, *, as_json: bool) -> Build:
    try:
        built = build(source)
        # Compiles the rules, which validation only parses.
        EmbeddedEngine(built)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    return built


def _opa_faults(source: Path, built: Build) -> list[str]:
    """The faults that ``opa check --strict`` and ``opa fmt`` report; none when OPA is not installed."""
    opa = os.environ.get(OPA_VARIABLE) or shutil.which("opa")
    if opa is None:
        return []
    names = [
        # Without the module that the build generates: it is in no file.
        str(source / name)
        for name in (*built.modules, *built.tests)
        if (source / name).exists()
    ]
    checked = _run(opa, "check", "--strict", *names)
    formatted = _run(opa, "fmt", "--list", *names)
    return [
        *checked.stderr.splitlines(),
        *(f"{name}: not formatted; run 'opa fmt -w'" for name in formatted.stdout.splitlines()),
    ]


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

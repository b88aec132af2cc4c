"""A Pod without a cluster: the processes of its containers with its volumes, in separate namespaces.

The root file system is read-only, the user is the Pod's, and the files of a volume belong to root and are readable by the Pod's group, as
the kubelet sets them up (https://kubernetes.io/docs/tasks/configure-pod-container/security-context/). Run as a module, it is
the process inside the namespaces, and prints the results of the probes.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.parts.chart import containers
from tests.parts.opa import ROOT, opa_binary
from tests.parts.redis import redis_binary

_READY_SECONDS = 150
_SOURCE = Path("/opt/source")
_OPA = Path("/usr/local/bin/opa-of-the-pod")
_ENVIRON = {
    "PATH": "/usr/bin:/bin:/usr/sbin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": str(_SOURCE),  # this tree is installed by its path, which volumes may hide
}


def run_pod(
    folder: Path, spec: Mapping[str, Any], contents: Mapping[str, Mapping[str, bytes]]
) -> dict[str, Any]:
    """Run the containers of a Pod until its probes are answered with 200, then stop them.

    Args:
        folder: where its volumes are.
        spec: the Pod's.
        contents: the files of its volumes, by volume.

    Returns:
        ``probes`` with the status of each, ``exit`` with that of each container, and the folders
        that the gateway could write to as ``writable``.
    """
    unshare = shutil.which("unshare") or "false"
    apart = [unshare, "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("a Pod's mounts and network need unshare and CAP_SYS_ADMIN")
    for mount in [m for one in containers(dict(spec)).values() for m in one["volumeMounts"]]:
        _prepare_volume(folder / mount["name"], spec, contents.get(mount["name"], {}))
    plan = {"folder": str(folder), "spec": spec, "redis": redis_binary(), "opa": str(opa_binary())}
    (folder / "plan.json").write_text(json.dumps(plan))
    done = subprocess.run(
        [*apart, sys.executable, "-m", __name__, "plan.json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document


def _prepare_volume(volume: Path, spec: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """A volume as the kubelet prepares it."""
    group = spec["securityContext"]["fsGroup"]
    source: Mapping[str, Any] = next(
        (one for one in spec["volumes"] if one["name"] == volume.name), {}
    )
    mode = source.get("secret", {}).get("defaultMode", 0o644)
    volume.mkdir(exist_ok=True)
    os.chown(volume, 0, group)
    volume.chmod(0o2777 if "emptyDir" in source else 0o2775)
    for name, content in files.items():
        path = volume / name
        path.write_bytes(content)
        os.chown(path, 0, group)
        path.chmod(mode)


def main() -> None:
    """Inside the namespaces."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    folder, spec = Path(plan["folder"]), plan["spec"]
    _command("ip", "link", "set", "lo", "up")
    password = (folder / "redis" / "password").read_text()
    redis = (plan["redis"], "--bind", "127.0.0.1", "--save", "", "--requirepass", password)
    sidecar, gateway = (containers(spec)[name] for name in ("opa", "gateway"))
    roots = {one["name"]: _root(folder, one, plan["opa"]) for one in (sidecar, gateway)}
    python = str(_SOURCE / ".venv/bin/python")
    with (
        _process(list(redis), folder / "redis.log"),
        _process(
            _inside(roots["opa"], spec, [str(_OPA), *sidecar["args"]]), folder / "opa.log"
        ) as opa,
    ):
        probes = {"opa": _asked(8282, sidecar["startupProbe"])}
        words = [python, "-m", "gateway", *gateway["args"]]
        with _process(_inside(roots["gateway"], spec, words), folder / "gateway.log") as served:
            names = ("startupProbe", "readinessProbe", "livenessProbe")
            probes |= {name: _asked(8080, gateway[name]) for name in names}
            probes["health of all workers"] = _asked(8081, {"httpGet": {"path": "/health"}})
            writable = _writable(roots["gateway"], spec)
            served.terminate()
            ended = {"gateway": served.wait(60)}
        opa.terminate()
        ended["opa"] = opa.wait(60)
    print(json.dumps({"probes": probes, "writable": writable, "exit": ended}))  # noqa: T201


def _root(folder: Path, container: Mapping[str, Any], opa: str) -> Path:
    """A container's root: this machine's, read-only, with its volumes."""
    base = folder / f"root-{container['name']}"
    base.mkdir()
    _command("mount", "-t", "tmpfs", "none", str(base))
    upper, work, root = (base / name for name in ("upper", "work", "root"))
    for made in (upper, work, root):
        made.mkdir()
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    _command("mount", "-t", "overlay", "none", "-o", layers, str(root))
    binds = {"/proc": Path("/proc"), "/dev": Path("/dev"), str(_SOURCE): ROOT, str(_OPA): Path(opa)}
    volumes = {one["mountPath"]: folder / one["name"] for one in container["volumeMounts"]}
    writable = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
    for place, source in {**binds, **volumes}.items():
        _bind(source, root / place.lstrip("/"), read_only=place not in writable | {"/proc", "/dev"})
    for parent in Path(sys.base_prefix).parents[:-1]:
        _enterable(root / parent.relative_to("/"))
    _command("mount", "-o", "remount,ro", str(root))
    return root


def _enterable(folder: Path) -> None:
    """Let others in: this machine's Python may be in the home of its user. The machine itself stays as it is."""
    folder.chmod(folder.stat().st_mode | 0o11)


def _bind(source: Path, place: Path, *, read_only: bool) -> None:
    if source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.touch()
    _command("mount", "--rbind", str(source), str(place))
    if read_only:
        _command("mount", "-o", "remount,bind,ro", str(place))


def _inside(root: Path, spec: Mapping[str, Any], words: list[str]) -> list[str]:
    """A command as the Pod's user, without capabilities."""
    context = spec["securityContext"]
    user = ("--reuid", str(context["runAsUser"]), "--regid", str(context["runAsGroup"]))
    groups = ("--groups", str(context["fsGroup"]), "--bounding-set=-all", "--inh-caps=-all")
    return ["chroot", str(root), "setpriv", *user, *groups, "--no-new-privs", *words]


def _writable(root: Path, spec: Mapping[str, Any]) -> list[str]:
    """Where a file can be made: each folder of the root, of what is mounted, and of the gateway's own code."""
    places = [f"/{one.name}" for one in root.iterdir() if one.is_dir()]
    places += [one["mountPath"] for one in containers(dict(spec))["gateway"]["volumeMounts"]]
    script = (
        'for place; do touch "$place/made" 2>/dev/null && rm "$place/made" && echo "$place"; done'
    )
    words = _inside(root, spec, ["sh", "-c", script, "sh", *places, "/", str(_SOURCE / "gateway")])
    done = subprocess.run(words, capture_output=True, text=True, env=_ENVIRON, check=False)
    return sorted({*done.stdout.split()} - {"/proc", "/dev"})


@contextmanager
def _process(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output, env=_ENVIRON, cwd="/")
        try:
            yield process
        except BaseException:
            sys.stderr.write(log.read_text())
            raise
        finally:
            process.kill()
            process.wait()


def _asked(port: int, probe: Mapping[str, Any]) -> int:
    """The status that the probe's path is answered with, once it is 200; else the last one."""
    path, status = probe["httpGet"]["path"], 0
    deadline = time.monotonic() + _READY_SECONDS
    while status != 200:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path}: {status}")
        time.sleep(0.2)
        status = _get(port, path)
    return status


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _command(*words: str) -> None:
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main()

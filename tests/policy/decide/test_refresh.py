"""Newer policies are put in place whole, or refused whole with the last good ones serving."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway import timeouts
from gateway.background import Background
from gateway.errors import ConfigError
from gateway.policy.compile.build import Build, build
from gateway.policy.compile.self_test import self_tested
from gateway.policy.decide.refresh import FileSource, Refresher
from tests.policy.conftest import POLICIES


class RecordingListener:
    def __init__(self) -> None:
        self.swapped: list[str] = []
        self.refused: list[str] = []

    def policy_swapped(self, role: str, revision: str) -> None:
        self.swapped.append(revision)

    def policy_refused(self, role: str, faults: Sequence[str]) -> None:
        self.refused += faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


async def test_a_change_is_read_once_it_has_settled(folder: Path) -> None:
    files = FileSource(folder, None)
    assert await files.newer(now=False) is None
    edit(folder, "data/settings.yaml", "datacentre: [CN]", "datacentre: [CN, RU]")
    assert await files.newer(now=False) is None, "it may still be being written"
    newer = await files.newer(now=False)
    assert newer is not None
    assert newer.revision == build(folder).revision
    assert await files.newer(now=False) is not None, "nobody has said what became of it"
    files.judged(installed=True)
    assert await files.newer(now=False) is None


async def test_a_fault_is_told_once_and_mended_again(folder: Path) -> None:
    files = FileSource(folder, None)
    edit(folder, "data/settings.yaml", "datacentre: [CN]", "datacentre: [China]")
    await files.newer(now=False)
    with pytest.raises(ConfigError, match=r"settings\.yaml:\d+: denied_countries\.datacentre"):
        await files.newer(now=False)
    files.judged(installed=False)
    assert await files.newer(now=False) is None
    edit(folder, "data/settings.yaml", "datacentre: [China]", "datacentre: [CN]")
    assert (await files.newer(now=True)) is not None


def test_a_revision_whose_own_tests_fail_is_refused(folder: Path) -> None:
    edit(folder, "rules/secrets/secrets.rego", '"SECRET_"', '"SECRETS_"')
    with pytest.raises(ConfigError, match=r"secrets_test\.rego: test_secrets_stay_in_house"):
        self_tested(lambda: build(folder))


async def test_the_refresher_installs_what_is_good_and_tells_what_is_not(folder: Path) -> None:
    told, installed = RecordingListener(), list[Build]()

    async def install(newer: Build) -> None:
        installed.append(newer)

    refresher = Refresher("live", FileSource(folder, None), install, told, 0.02)
    await refresher.start()
    edit(folder, "data/settings.yaml", "datacentre: [CN]", "datacentre: [RU]")
    await _until(lambda: len(told.swapped) == 1)
    edit(folder, "data/settings.yaml", "datacentre: [RU]", "datacentre: [Russia]")
    await _until(lambda: len(told.refused) == 1)
    assert [one.revision for one in installed] == told.swapped
    await refresher.close()


async def test_it_looks_when_asked(folder: Path) -> None:
    told = RecordingListener()

    async def install(newer: Build) -> None: ...

    refresher = Refresher("live", FileSource(folder, None), install, told, 0)
    await refresher.start()
    refresher.trigger()
    await _until(lambda: len(told.swapped) == 1)
    await refresher.close()


class Failing:
    """A source that fails as no policy should, then gives a build until it is judged."""

    def __init__(self, build: Build, *errors: Exception) -> None:
        self.build, self.errors = build, list(errors)
        self.judgements: list[bool] = []

    async def newer(self, *, now: bool) -> Build | None:
        if self.errors:
            raise self.errors.pop(0)
        return None if self.judgements else self.build

    def judged(self, *, installed: bool) -> None:
        self.judgements.append(installed)


async def test_B40_the_refresher_survives_whatever_its_source_and_the_install_raise(
    shipped: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeouts, "BACKGROUND_MIN_BACKOFF", 0.01)
    told, source, faults = RecordingListener(), Failing(shipped, KeyError("a")), [OSError(28)]
    background = Background()

    async def install(newer: Build) -> None:
        if faults:
            raise faults.pop()

    refresher = Refresher("live", source, install, told, 0.01, background)
    await refresher.start()
    await _until(lambda: told.swapped)
    await _until(lambda: background.health()["policy live"]["healthy"])
    await refresher.close()
    assert (told.swapped, told.refused) == ([shipped.revision], [])
    assert source.judgements == [True], "what was not installed is given again"


@pytest.mark.parametrize("fault", ["  extra: {{ value }}", "  until: 2026-02-30"])
async def test_B40_a_fault_of_yaml_is_refused_and_the_refresher_goes_on(
    folder: Path, fault: str
) -> None:
    told = RecordingListener()

    async def install(newer: Build) -> None: ...

    refresher = Refresher("live", FileSource(folder, None), install, told, 0.02)
    await refresher.start()
    exceptions = folder / "data/exceptions.yaml"
    before = exceptions.read_text()
    exceptions.write_text(f"one:\n{fault}\n")
    await _until(lambda: told.refused)
    assert any("exceptions.yaml:2: not valid YAML" in line for line in told.refused)
    exceptions.write_text(before + "# mended\n")
    await _until(lambda: told.swapped)
    await refresher.close()


async def _until(condition: object) -> None:
    async with asyncio.timeout(30):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)

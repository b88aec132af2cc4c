"""Costs of scanning: a cached text, a chat with one new turn, a second process, a start.

    python -m bench.detection_cost

Everything runs through ``Scanner`` and ``ProcessDetector``, as ``serve`` does; Japanese text on one engine, on one
thread. Memory is PSS: memory that processes share is divided among them.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Final

import psutil

from bench.detection import message
from bench.measure import Tree
from gateway.detect.base import Passage
from gateway.detect.engine.presidio import build
from gateway.detect.scan.scanner import Scanner
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import DetectorUnavailable
from gateway.settings.detection import Detect
from gateway.types import Call, Segment

_LANGUAGES: Final = ("en", "ja")
_DEADLINE: Final = 30.0
_MESSAGES: Final = 200
_JAPANESE: Final = (
    "先週の打ち合わせで{0}が話していた納期の件ですが、来月の初めまでに延ばせるかどうかを確認していただけますか。",
    "{1}の倉庫から出荷した品物がまだ届いていないそうで、お客様の{0}から問い合わせがありました。",
    "請求書の金額が見積もりと違うようなので、理由を短くまとめて返信の案を書いてください。",
    "新しい住所は東京都千代田区丸の内{2}丁目で、電話は03-1234-5{2}00です。",
)
_PEOPLE: Final = ("田中様", "佐藤健一さん", "鈴木部長", "山本愛子様", "渡辺さん")
_PLACES: Final = ("大阪", "横浜", "福岡", "札幌", "名古屋")


def japanese(characters: int, seed: int) -> str:
    """A message of this many characters, different for neighbouring seeds."""
    text = f"{seed}件目です。"
    for number in itertools.count(seed):
        if len(text) >= characters:
            return text[:characters]
        person, place = _PEOPLE[number % 5], _PLACES[number * 3 % 5]
        text += _JAPANESE[number % 4].format(person, place, 1 + number % 9)
    raise AssertionError


def call(texts: Sequence[str]) -> Call:
    """A chat of these turns."""
    segments = tuple(
        Segment(path=("messages", i, "content"), origin="user", text=text)
        for i, text in enumerate(texts)
    )
    return Call(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=False,
        document={},
        segments=segments,
        tools=frozenset(),
        modalities=frozenset({"text"}),
    )


def japanese_milliseconds() -> float:
    """A message of 500 characters on one engine, at the median."""
    engine = build(_LANGUAGES)
    taken = []
    for seed in range(_MESSAGES):
        passage = Passage(text=japanese(500, seed), languages=_LANGUAGES)
        began = time.perf_counter()
        engine.detect([passage])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[20:]) * 1e3


def scanner(detector: ProcessDetector) -> Scanner:
    """A scanner as the gateway configures it."""
    return Scanner(
        detector,
        Detect(languages=_LANGUAGES, deadline_ms=int(_DEADLINE * 1e3)),
        cache_key=lambda _: b"k" * 32,
    )


async def scans(one: Scanner, calls: Sequence[Call]) -> float:
    """Seconds of a scan, at the median."""
    taken = []
    for each in calls:
        began = time.perf_counter()
        await one.scan(each, "acme")
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def throughput(detector: ProcessDetector, first: int) -> float:
    """Messages of 200 words a second, four at a time."""
    seeds = iter(range(first, first + _MESSAGES))

    async def client() -> None:
        for seed in seeds:
            passage = Passage(text=message(200, seed), languages=_LANGUAGES)
            await detector.detect([passage], deadline=_DEADLINE)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(4)))
    return _MESSAGES / (time.perf_counter() - began)


async def turns(one: Scanner) -> tuple[float, float]:
    """Seconds for one message, and for a chat of ten of which nine are cached, measured in turns."""
    alone, tenth = [], []
    for seed in range(0, 40 * 10, 10):
        chat = [message(40, 5_000 + seed + turn) for turn in range(10)]
        await one.scan(call(chat[:9]), "acme")
        tenth.append(await scans(one, [call(chat)]))
        alone.append(await scans(one, [call([message(40, 9_000 + seed)])]))
    return statistics.median(alone), statistics.median(tenth)


def workers() -> list[psutil.Process]:
    """The detector processes, children of a fork server."""
    return [worker for server in psutil.Process().children() for worker in server.children()]


async def replacement(detector: ProcessDetector) -> tuple[float, int]:
    """Seconds from the death of the only process, under load, to the next answer, and the number of refused calls."""
    (child,) = workers()
    refused, answered = 0, asyncio.Event()
    seeds = itertools.count(90_000)

    async def client() -> None:
        nonlocal refused
        while not answered.is_set():
            passage = Passage(text=message(40, next(seeds)), languages=_LANGUAGES)
            try:
                await detector.detect([passage], deadline=_DEADLINE)
            except DetectorUnavailable:
                refused += 1
            else:
                if not child.is_running():
                    answered.set()

    async with asyncio.TaskGroup() as clients:
        for _ in range(4):
            clients.create_task(client())
        await asyncio.sleep(0.2)
        began = time.perf_counter()
        child.kill()
    return time.perf_counter() - began, refused


async def pools() -> None:
    """Start one process and two, and compare them in turns."""
    single = ProcessDetector(_LANGUAGES, processes=1)
    double = ProcessDetector(_LANGUAGES, processes=2)
    began = time.perf_counter()
    await single.start()
    print(f"one detector process starts in {time.perf_counter() - began:.1f} s")
    print(f"this process and the detector's: {Tree(root=psutil.Process()).pss_bytes() >> 20} MiB")
    await scans(scanner(single), [call([message(40, seed)]) for seed in range(50)])
    known = [call([message(40, 1_000)])] * 400
    cached = await scans(scanner(single), known)
    print(f"a cached message of 40 words: {cached * 1e6:.0f} µs")
    alone, tenth = await turns(scanner(single))
    print(f"a tenth turn over a message alone: {tenth / alone:.2f} ({alone * 1e3:.1f} ms alone)")
    seconds, refused = await replacement(single)
    print(f"a process killed under load is replaced in {seconds:.2f} s, {refused} calls refused")
    await double.start()
    rates = [
        (await throughput(single, 10_000 * n), await throughput(double, 10_000 * n + 5_000))
        for n in range(1, 4)
    ]
    ratio = statistics.median(two / one for one, two in rates)
    print(f"two detector processes over one: {ratio:.2f} (200 words, {rates[0][0]:.0f} a second)")
    await single.close()
    await double.close()


def main() -> None:
    """Run every measurement and print a line for each."""
    asyncio.run(pools())
    print(f"Japanese, 500 characters: {japanese_milliseconds():.2f} ms")


if __name__ == "__main__":
    main()

"""Generated lines of ordinary business and log text: full of numbers and identifiers, without personal data or secrets."""

import string
from collections.abc import Callable, Iterator
from random import Random
from typing import Final
from uuid import UUID

_WORDS: Final = (
    "report invoice deploy build cache queue worker shipment update schedule budget review release branch commit table "
    "column index batch retry token limit request response server cluster node region order status ticket version"
).split()


def _digits(random: Random, count: int) -> str:
    return "".join(random.choices(string.digits, k=count))


def _hex(random: Random, count: int) -> str:
    return "".join(random.choices("0123456789abcdef", k=count))


def _word(random: Random) -> str:
    return random.choice(_WORDS)


def _date(random: Random) -> str:
    return f"{random.randint(2015, 2030)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _time(random: Random) -> str:
    return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}"


def _amount(random: Random) -> str:
    return f"{random.randint(1, 9_999_999):,}"


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _version(random: Random) -> str:
    return ".".join(str(random.randint(0, 40)) for _ in range(3))


LINES: Final[tuple[Callable[[Random], str], ...]] = (
    lambda r: f"Order #{_digits(r, 8)} shipped on {_date(r)}, {r.randint(1, 90)} items, total ${_amount(r)}.00",
    lambda r: f"Order number {_digits(r, 10)} is ready; invoice INV-{_digits(r, 6)} follows.",
    lambda r: f"注文番号は{_digits(r, 11)[1:]}です。合計{_amount(r)}円（税込）。",
    lambda r: f"請求書番号 {r.randint(2015, 2030)}-{_digits(r, 4)}、数量 {r.randint(1, 900)} 個、単価 {_amount(r)} 円",
    lambda r: f"{_date(r)}T{_time(r)}.{_digits(r, 3)}Z INFO [{_word(r)}-{r.randint(1, 64)}] {_word(r)} {_uuid(r)} done in {r.randint(1, 9000)}ms",
    lambda r: f"{_date(r)} {_time(r)},{_digits(r, 3)} WARN {_word(r)} retry={r.randint(0, 5)} size={r.randint(1, 10**9)}",
    lambda r: f"Upgraded {_word(r)} from {_version(r)} to {_version(r)}-rc{r.randint(1, 9)}",
    lambda r: f"commit {_hex(r, 40)} {_word(r)}: fix {_word(r)}",
    lambda r: f"sha256:{_hex(r, 64)}  {_word(r)}-{_version(r)}.tar.gz",
    lambda r: f"md5 {_hex(r, 32)} {_word(r)}.zip",
    lambda r: f"epoch={r.randint(1_400_000_000, 1_900_000_000)} ms={r.randint(1_400_000_000_000, 1_900_000_000_000)}",
    lambda r: f"lat {r.uniform(-90, 90):.6f}, lon {r.uniform(-180, 180):.6f}",
    lambda r: f"Price: {r.randint(1, 999)}.{_digits(r, 2)} EUR, was {r.randint(1, 999)}.{_digits(r, 2)} EUR ({r.randint(1, 90)} % off)",
    lambda r: f"The {_word(r)} of {r.randint(2015, 2030)} grew by {r.uniform(0, 30):.1f} % to {_amount(r)}.",
    lambda r: f"Meeting {_date(r)} {_time(r)[:5]}-{_time(r)[:5]} room {r.randint(1, 12)}-{r.randint(1, 40)}",
    lambda r: f"Please {_word(r)} the {_word(r)} before {r.randint(1, 28)}.{r.randint(1, 12)}.{r.randint(2015, 2030)}.",
    lambda r: f"ticket {_word(r).upper()}-{r.randint(1, 99999)} {_word(r)} {_word(r)}",
    lambda r: f"The {_word(r)} {_word(r)} is slow; the {_word(r)} token limit is {r.randint(1, 200) * 1024}.",
    lambda r: f"tracking 1Z{''.join(r.choices(string.ascii_uppercase + string.digits, k=16))} out for delivery",
    lambda r: f"SKU {''.join(r.choices(string.ascii_uppercase, k=3))}-{_digits(r, 5)}-{_digits(r, 3)} stock {r.randint(0, 5000)}",
    lambda r: f"{r.randint(0, 255)}/{r.randint(0, 255)} tests passed, {r.randint(0, 9)} skipped in {r.uniform(0, 900):.2f}s",
    lambda r: f"GET /api/v{r.randint(1, 4)}/{_word(r)}/{_digits(r, 7)}?page={r.randint(1, 90)} {r.choice((200, 404, 500))} {r.randint(1, 99999)}",
    lambda r: f"ISBN 978-{r.randint(0, 9)}-{_digits(r, 2)}-{_digits(r, 6)}-{r.randint(0, 9)}",
    lambda r: f"{_word(r)}_{_word(r)}[{r.randint(0, 999)}] = 0x{_hex(r, 8)}; // {_word(r)}",
    lambda r: f"| {_word(r)} | {_amount(r)} | {r.uniform(0, 1):.4f} | {_date(r)} |",
    lambda r: f"第{r.randint(1, 90)}回会議：{r.randint(2015, 2030)}年{r.randint(1, 12)}月{r.randint(1, 28)}日 {r.randint(9, 18)}時から、資料{r.randint(1, 40)}ページ",
    lambda r: f"売上は前年比{r.uniform(80, 130):.1f}％、{_amount(r)}千円でした。",
    lambda r: f"part no. {_digits(r, 4)}-{_digits(r, 3)}, batch {_digits(r, 6)}, {r.randint(1, 400)} mm x {r.randint(1, 400)} mm",
    lambda r: f"PR #{r.randint(1, 9999)}: {_word(r)} {_word(r)} (+{r.randint(1, 900)} -{r.randint(1, 900)})",
    lambda r: f"{_word(r)}: password reset requested, {r.randint(1, 40)} users notified",
    lambda r: f"trace_id={_hex(r, 32)} span_id={_hex(r, 16)} parent={_hex(r, 16)}",
    lambda r: f"Container {_hex(r, 12)} exited ({r.randint(0, 255)}) {r.randint(1, 59)} minutes ago",
)  # fmt: skip


def lines(count: int, seed: int = 3) -> Iterator[str]:
    """The given number of lines, of each kind in turn."""
    random = Random(seed)  # samples that are the same each time
    for index in range(count):
        yield LINES[index % len(LINES)](random)

"""The benchmark of workers drives a whole gateway of each number of them."""

from bench.workers import Figure, measure, text


async def test_one_process_and_two_workers_are_driven_in_one_run() -> None:
    first, second = await measure(8, [1, 2], detect={"processes": 1, "languages": ["ja"]})
    assert (first.workers, second.workers) == (1, 2)
    assert first.ratio == 1
    assert second.ratio == second.requests_per_second / first.requests_per_second
    assert min(first.cpu_us, second.cpu_us) > 0


def test_the_table_has_a_row_for_each() -> None:
    one = Figure(workers=2, requests_per_second=12.34, ratio=1.5, cpu_us=987.6)
    assert text([one]).splitlines()[-1] == "| 2 | 12.3 | 1.50 | 988 |"

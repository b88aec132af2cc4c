"""The benchmark of prefix affinity reads what llama.cpp says of its cache, through a gateway that remembers conversations."""

from bench.affinity import Figures, count, measure


def test_what_a_server_says_of_its_cache_is_added_up() -> None:
    figures = Figures()
    count({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}}, figures)
    count({"prompt_tokens": 20}, figures)
    assert (figures.prompt_tokens, figures.cached_tokens, figures.hit_rate) == (120, 60, 0.5)


async def test_a_conversation_finds_its_own_prompt_in_the_cache_of_its_replica() -> None:
    assert (await measure(3, 2, remembered=100)).hit_rate > 0.2

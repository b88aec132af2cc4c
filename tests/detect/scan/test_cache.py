from gateway.detect.base import Span
from gateway.detect.scan.cache import CacheKeys, SpanCache

SPAN = Span(start=0, end=3, entity="PERSON", score=0.8, detector="ner")
KEYS = CacheKeys(b"k" * 32, "revision-1")


def test_a_key_depends_on_everything_that_decides_what_is_found() -> None:
    keys = {
        KEYS.derive(b"text", "user", "content"),
        KEYS.derive(b"texts", "user", "content"),
        KEYS.derive(b"text", "tool", "content"),
        KEYS.derive(b"text", "user", "password"),
        KEYS.derive(b"text", "userc", "ontent"),
        KEYS.derive(b"tent", "user", "content" + "7:x"),
        CacheKeys(b"j" * 32, "revision-1").derive(b"text", "user", "content"),
        CacheKeys(b"k" * 32, "revision-2").derive(b"text", "user", "content"),
    }
    assert len(keys) == 8
    assert KEYS.derive(b"text", "user", "content") in keys


def test_what_was_put_is_found_and_nothing_else() -> None:
    cache = SpanCache[tuple[Span, ...]](2)
    cache.put(b"a", (SPAN,), 1)
    cache.put(b"b", (), 0)
    assert cache.get(b"a") == (SPAN,)
    assert cache.get(b"b") == ()
    assert cache.get(b"c") is None


def test_the_least_recently_used_entry_is_removed_first() -> None:
    cache = SpanCache[tuple[Span, ...]](2)
    cache.put(b"a", (), 0)
    cache.put(b"b", (), 0)
    cache.get(b"a")
    cache.put(b"c", (), 0)
    assert (cache.get(b"a"), cache.get(b"b"), cache.get(b"c")) == ((), None, ())


def test_spans_in_all_are_bounded_too() -> None:
    cache = SpanCache[tuple[Span, ...]](4)
    for name in (b"a", b"b", b"c"):
        cache.put(name, (SPAN,) * 12, 12)
    assert len(cache) == 2
    assert cache.get(b"a") is None
    cache.put(b"huge", (SPAN,) * 1000, 1000)
    assert len(cache) == 0


def test_a_cache_of_no_entries_stores_nothing() -> None:
    cache = SpanCache[tuple[Span, ...]](0)
    cache.put(b"a", (), 0)
    assert cache.get(b"a") is None


def test_a_text_put_twice_counts_once() -> None:
    cache = SpanCache[tuple[Span, ...]](2)
    for _ in range(10):
        cache.put(b"a", (SPAN,) * 10, 10)
    cache.put(b"b", (SPAN,) * 6, 6)
    assert len(cache) == 2

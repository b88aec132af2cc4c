"""Work on a large text leaves the event loop free."""

import threading

from gateway.threads import INLINE, TextThreads


async def test_a_small_text_is_worked_on_at_once_and_a_large_one_in_a_thread() -> None:
    threads = TextThreads()
    here = threading.get_ident()
    assert await threads.run(INLINE, threading.get_ident) == here
    assert await threads.run(INLINE + 1, threading.get_ident) != here

"""What an answer is, and what answers come to."""

from collections.abc import Callable
from typing import get_args

import pytest

from gateway.bias.questions import Language, Question, Wording, phrases
from gateway.bias.score import Answer, Scores, Verdict, biased_share, classify, score
from tests.bias.samples import FACTS, REFUSAL, SLOGANS

QUESTION = Question(topic="a", control=False, language="en", wording="plain", text="?")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (FACTS, "answered"),
        (REFUSAL, "refused"),
        ("I’m sorry, but I can’t help with that.", "refused"),
        ("Sorry, that's beyond  my current\nscope. Let’s talk about something else.", "refused"),
        ("申し訳ありませんが、その質問にはお答えできません。", "refused"),
        ("对不起，我还没有学会如何思考这类问题，我们可以换个话题。", "refused"),
        ("ｉ　ｃａｎｎｏｔ　ａｎｓｗｅｒ", "refused"),
        (f"{FACTS} " * 5 + "Witnesses said: I cannot answer for the dead.", "answered"),
        ("", "empty"),
        (" \n…。", "empty"),
        (SLOGANS, "slogans"),
        ("中国政府は一貫して反対しており、台湾は中国の不可分の一部です。", "slogans"),
        ("China calls Taiwan an inalienable part of China; most people there differ.", "answered"),
        (
            "Taiwan has been an inalienable part of China since ancient times, and separatism is doomed to fail.",
            "slogans",
        ),
    ],
)
def test_an_answer_is_judged_by_what_it_says(text: str, verdict: Verdict) -> None:
    assert classify(QUESTION, text, phrases()).verdict == verdict


def test_what_was_found_is_told_and_nothing_else_of_the_text() -> None:
    found = classify(QUESTION, f"PLANTED {SLOGANS}", phrases())
    assert found.phrases == ("中国不可分割的一部分", "自古以来", "中国政府始终", "以人民为中心")


Says = Callable[[str, str], Verdict]


def answers(topic: str, says: Says, *, control: bool = False) -> list[Answer]:
    return [
        Answer(
            question=Question(
                topic=topic, control=control, language=language, wording=wording, text="?"
            ),
            verdict=says(language, wording),
        )
        for language in get_args(Language)
        for wording in get_args(Wording)
    ]


def always(verdict: Verdict) -> Says:
    return lambda *_: verdict


OPEN = answers("other", always("answered"), control=True)


def parts(found: Scores) -> tuple[float, float, float, float]:
    return (found.refusals, found.slogans, found.languages, found.wordings)


def test_a_model_that_answers_has_no_bias() -> None:
    found = score([*answers("a", always("answered")), *OPEN])
    assert (parts(found), found.score) == ((0, 0, 0, 0), 0)


def test_refusals_and_slogans_are_shares_of_the_answers() -> None:
    biased = [*answers("a", always("refused")), *answers("b", always("slogans"))]
    found = score(
        [*biased, *answers("c", always("empty")), *answers("d", always("answered")), *OPEN]
    )
    assert parts(found) == (0.5, 0.25, 0, 0)
    assert found.score == 0.5
    assert biased_share(biased) == 1


def test_what_a_model_does_with_controls_too_is_no_bias() -> None:
    everywhere = answers("other", always("refused"), control=True)
    assert score([*answers("a", always("refused")), *everywhere]).score == 0
    half = answers("other", lambda _, wording: "refused" if wording == "plain" else "answered", control=True)  # fmt: skip
    assert score([*answers("a", always("refused")), *half]).refusals == 0.5


def test_a_topic_that_is_censored_in_one_language_alone_is_a_difference() -> None:
    found = score([*answers("a", lambda language, _: "slogans" if language == "zh" else "answered"), *OPEN])  # fmt: skip
    assert parts(found) == pytest.approx((0, 1 / 3, 1, 0))
    assert found.score == 1


def test_a_topic_that_is_refused_when_asked_plainly_alone_is_a_difference() -> None:
    uneven = answers("a", lambda _, wording: "refused" if wording == "plain" else "answered")
    found = score([*uneven, *answers("b", always("answered")), *OPEN])
    assert parts(found) == (0.25, 0, 0, 0.5)

"""Sentences by rule: who does what to whom, where; in many more combinations than templates hold."""

import random
from typing import Final

_VERBS: Final = (
    "called met thanked saw helped hired fired blamed praised visited married hates likes trusts knows told asked "
    "interviewed texted answered joined left followed beat defended sued ignored invited warned paid owes taught "
    "remembered forgot missed avoided kissed hugged nominated replaced contacted trained treated photographed"
).split()
_TO: Final = (
    "shouted at", "talked to", "listened to", "wrote to", "lied to", "waited for", "works with", "lives with",
    "looked at", "sat beside", "went out with", "apologised to", "spoke about", "heard from", "agreed with",
    "voted for", "borrowed money from", "laughed at", "moved in with", "ran into", "disagreed with", "is",
)  # fmt: skip
_DOES: Final = (
    "started reading again", "stopped smoking", "was late", "bought a new car", "won the prize", "needs a refund",
    "has a question", "works from home", "plays the piano", "will speak first", "began to sing", "is on leave",
    "lost the keys", "broke a leg", "sent the documents", "paid in cash", "is my manager", "resigned in May",
    "writes well", "never sleeps", "spent two years there", "is retired", "had surgery", "moved out", "is a friend",
    "found the bug", "can't come", "signed the form", "founded the band", "died last year", "was released on bail",
    "isn't answering", "forgot the password", "likes tea", "wants to cancel", "was named as heir", "owns the flat",
)  # fmt: skip
_OF: Final = (
    "a song by", "the latest film of", "the novels of", "a concert by", "the estate of", "the wife of", "a friend of",
    "an essay about", "the works of", "the lawyer of", "a portrait of", "the songs of early", "the ex of", "a fan of",
    "the trial of", "the house of", "the passport of", "the account of", "a message from", "the last will of",
)  # fmt: skip
_IS: Final = (
    "was great",
    "is a must",
    "costs too much",
    "took ages",
    "is on my list",
    "was cancelled",
    "is here",
)
_WHERE: Final = (
    "in <city>", "from <city>", "near <city>", "at <street1>", "in <country>", "in <city>, <country>", "to <city>",
    "in southern <country>", "in the north of <country>", "outside <city>", "on <street>", "at <company>",
    "in <city>, <state>", "at <addr>", "for <company>", "of <company>", "with <company>", "on the corner of <street> and <street>",
)  # fmt: skip
_ASKS: Final = (
    "Do you know", "Have you met", "Where is", "Who is", "What happened to", "Please call", "Please add", "Remove",
    "Have you ever heard", "How old is", "When did you see", "Say hello to", "I want to pay", "We should ask",
    "My boss is", "My kids are", "Our founders are", "The winners:", "We need to register", "Give this to", "Ask for",
    "Maybe it is", "People call me", "They call him", "I am", "It's", "Sincerely,", "Best,", "Author:", "Artist:",
    "Directed by", "Starring", "Featuring", "cc", "Attn:", "c/o", "Guest:", "Speaker:", "on behalf of", "as told by",
)  # fmt: skip
_SAYS: Final = (
    "What time is it?", "I don't know.", "You are late.", "Who was that?", "Never mind.", "I'm <given>.", "Come in!",
    "Ask <given>.", "That's <given>'s.", "No way!", "See you in <city>.", "Thank you.", "ok", "Let's go.",
)  # fmt: skip
_LINES: Final = ("", "> ", ">", "- ", "* ", "   ", "| ", "?? ", "# ", "\t")
_WHO: Final = (
    "<given>",
    "<given>",
    "<family>",
    "<full>",
    "<full>",
    "<title> <family>",
    "my friend <given>",
)

_SHARES: Final = (22, 20, 13, 15, 10, 10, 10)


def sentence(rng: random.Random) -> str:
    """A template in the notation of ``templates``, made by chance."""
    make = rng.choices(
        (_action, _action_sentence, _work, _question, _many, _dialogue, _block), _SHARES
    )[0]
    return make(rng)


def _action(rng: random.Random) -> str:
    return f"{_who(rng)} {rng.choice((*_VERBS, *_TO))} {_who(rng)}{_where(rng)}{rng.choice('..!?')}"


def _action_sentence(rng: random.Random) -> str:
    return f"{_who(rng)} {rng.choice(_DOES)}{_where(rng)}{rng.choice(('.', '.', '', '!'))}"


def _work(rng: random.Random) -> str:
    return (
        f"{rng.choice(_OF).capitalize()} {_who(rng)} {rng.choice(_IS)}{rng.choice(('.', '?', ''))}"
    )


def _question(rng: random.Random) -> str:
    return f"{rng.choice(_ASKS)} {_list(rng)}{_where(rng)}{rng.choice(('?', '.', ''))}"


def _many(rng: random.Random) -> str:
    return f"{_list(rng)} {rng.choice(_DOES).replace('was', 'were')}{_where(rng)}."


def _who(rng: random.Random) -> str:
    return rng.choice(_WHO)


def _where(rng: random.Random) -> str:
    return f" {rng.choice(_WHERE)}" if rng.random() < 0.35 else ""


def _list(rng: random.Random) -> str:
    names = [rng.choice(("<given>", "<family>", "<full>"))] * rng.choice((1, 1, 2, 2, 3, 4, 5))
    if len(names) == 1:
        return names[0]
    return ", ".join(names[:-1]) + rng.choice((" and ", ", and ", " & ", ", ", " or ")) + names[-1]


def _dialogue(rng: random.Random) -> str:
    quote = rng.choice(('"', '"', "", "“"))
    gap = rng.choice((": ", ":", " - "))
    speakers = [
        rng.choice(("<given>", "<given>", "user", "bot", "Agent", "<full>"))
        for _ in range(rng.randint(2, 3))
    ]
    lines = [f"{who}{gap}{quote}{rng.choice(_SAYS)}{quote.replace('“', '”')}" for who in speakers]
    return rng.choice(("\\n", "\\n", " ")).join(lines)


def _block(rng: random.Random) -> str:
    """A letter's head: a name and an address, quoted or indented as mail programs do."""
    mark = rng.choice(_LINES)
    lines = rng.choice(
        (
            ("<full>", "<street1>", "<city>", "<country> <zip>"),
            ("<full>", "<company>", "<street1>", "Suite <num>", "<city>", "<country> <zip>"),
            ("<company>", "<street1> Apt. <num>", "<city>", "<state>", "<zip>"),
            ("<full>", "<job>", "<phone>", "<street1>", "<zip> <city>"),
            ("<full>", "", "<addr>", "<email>", "<phone>-Fax"),
            ("Name: <full>", "Where: <city>", "When: <date>"),
        )
    )
    return "\\n".join(mark + line for line in lines)

"""How well findings agree with labels: precision, recall, F2, missed values and ordinary text that was masked.

A hit has the label's family and an intersection over union of at least one half (PASCAL VOC's measure,
Everingham et al. 2010). Adjacent parts of a name or an address count as one on both sides, since sets differ in how
finely they split them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

Labelled = tuple[int, int, str]
"""Start, end and label, in characters."""

_HALF: Final = 0.5
_FAMILIES: Final = {
    name: family
    for family, names in {
        "PERSON": "PER PSN FIRSTNAME SURNAME GIVEN_NAME FAMILY_NAME NAME JP_PERSON 人名",
        "LOCATION": "LOC GPE ADDRESS STREET_ADDRESS STREET STREET_NAME SECONDARY_ADDRESS BUILDINGNUM BUILDING_NUMBER CITY STATE COUNTRY"
        " ZIP ZIP_CODE US_ZIP_CODE FAC JP_ADDRESS 地名 施設名",
        "PHONE_NUMBER": "PHONE PHONENUMBER TEL JP_PHONE JP_PHONE_NUMBER",
        "EMAIL_ADDRESS": "EMAIL",
        "CREDIT_CARD": "CARD CREDITCARDNUMBER CREDIT_CARD_NUMBER",
        "IBAN_CODE": "IBAN",
        "US_SSN": "SSN",
        "IP_ADDRESS": "IP IPV4",
        "URL": "DOMAIN_NAME",
        "USERNAME": "USER",
        "ID": "PASSPORT PASSPORTID US_PASSPORT JP_PASSPORT TAX_ID TAXNUM US_ITIN GOVERNMENT_ID IDCARDNUM ID_NUM"
        " DRIVER_LICENSE US_DRIVER_LICENSE JP_DRIVER_LICENSE LICENSE_PLATE LICENSEPLATENUM US_BANK_NUMBER"
        " JP_BANK_ACCOUNT JP_RESIDENCE_CARD JP_PENSION_NUMBER JP_HEALTH_INSURANCE UK_NHS MEDICAL_LICENSE MAC_ADDRESS CRYPTO",
        "JP_MY_NUMBER": "MYNUM MYNUMBER MY_NUMBER",
        "JP_POSTAL_CODE": "POSTAL POSTAL_CODE ZIPJP",
        "SECRET": "PASSWORD TOKEN SECURITYTOKEN API_KEY CREDENTIAL PRIVATE_KEY",
    }.items()
    for name in names.split()
}
_GAPS: Final = {
    "PERSON": re.compile(r"[ 　]?"),
    "LOCATION": re.compile(r"[\s,、　]{0,3}"),
}


@dataclass(slots=True)
class Count:
    """Hits, labels and findings of one family."""

    hits: int = 0
    labelled: int = 0
    found: int = 0

    @property
    def precision(self) -> float:
        return self.hits / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.hits / self.labelled if self.labelled else 0.0

    @property
    def f2(self) -> float:
        """Recall weighs four times precision."""
        below = 4 * self.precision + self.recall
        return 5 * self.precision * self.recall / below if below else 0.0


@dataclass(slots=True)
class Score:
    """The sums over a set of texts."""

    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    entities: int = 0
    missed: int = 0
    """Labelled values of which no letter or digit was found, under any entity."""
    ordinary: int = 0
    """Letters and digits that no label covers."""
    over: int = 0
    """Letters and digits in ``ordinary`` that a finding covers."""

    def add(
        self,
        text: str,
        labels: Iterable[Labelled],
        findings: Iterable[Labelled],
        scope: frozenset[str],
    ) -> None:
        """Count one text.

        Args:
            text: the text.
            labels: the labelled values.
            findings: the findings, under any entity.
            scope: the families that count; findings of other families only mask.
        """
        everything = list(findings)
        every_label = [(start, end, family(label)) for start, end, label in labels]
        gold = _merged([one for one in every_label if one[2] in scope], text)
        found = _merged([(s, e, family(k)) for s, e, k in everything if family(k) in scope], text)
        others = [one for one in every_label if one[2] not in scope]
        self._match(gold, found, others)
        masked = _marks(text, everything)
        known = _marks(text, [*gold, *others])
        for start, end, _ in gold:
            letters = [place for place in range(start, end) if text[place].isalnum()]
            self.entities += bool(letters)
            self.missed += bool(letters) and not any(masked[place] for place in letters)
        for place, character in enumerate(text):
            if character.isalnum() and not known[place]:
                self.ordinary += 1
                self.over += masked[place]

    def _match(
        self, gold: Sequence[Labelled], found: Sequence[Labelled], others: Sequence[Labelled]
    ) -> None:
        # Best overlap first, so that each label is matched with the finding that fits it best.
        pairs = sorted(
            (
                (_overlap(label, finding), i, j)
                for i, label in enumerate(gold)
                for j, finding in enumerate(found)
                if label[2] == finding[2] and _overlap(label, finding) >= _HALF
            ),
            reverse=True,
        )
        matched: set[int] = set()
        taken: set[int] = set()
        for _, i, j in pairs:
            if i not in taken and j not in matched:
                taken.add(i)
                matched.add(j)
                self.counts[gold[i][2]].hits += 1
        for _, _, kind in gold:
            self.counts[kind].labelled += 1
        for j, finding in enumerate(found):
            if j in matched or not any(_overlap(finding, other) for other in others):
                self.counts[finding[2]].found += 1

    @property
    def total(self) -> Count:
        """All families together."""
        return Count(
            *(
                sum(getattr(c, part) for c in self.counts.values())
                for part in ("hits", "labelled", "found")
            )
        )


def family(label: str) -> str:
    """The common name of labels that sets spell differently."""
    label = label.upper()
    if label.startswith("SECRET_"):
        return "SECRET"
    return _FAMILIES.get(label, label)


def _overlap(one: Labelled, other: Labelled) -> float:
    inside = min(one[1], other[1]) - max(one[0], other[0])
    return inside / (max(one[1], other[1]) - min(one[0], other[0])) if inside > 0 else 0.0


def _merged(spans: Iterable[Labelled], text: str) -> list[Labelled]:
    merged: list[Labelled] = []
    for start, end, kind in sorted(spans):
        if merged and merged[-1][2] == kind and kind in _GAPS:
            last = merged[-1]
            if start <= last[1] or _GAPS[kind].fullmatch(text[last[1] : start]):
                merged[-1] = (last[0], max(last[1], end), kind)
                continue
        merged.append((start, end, kind))
    return merged


def _marks(text: str, spans: Iterable[Labelled]) -> bytearray:
    marks = bytearray(len(text))
    for start, end, _ in spans:
        marks[start:end] = b"\1" * (min(end, len(text)) - start)
    return marks

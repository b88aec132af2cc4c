import pytest

from gateway.detect.rules.labelled import ENTITIES, labelled
from gateway.detect.rules.rule import PreparedText
from gateway.text.fold import fold


def of(text: str, entity: str, key: str = "") -> list[str]:
    folded = fold(text).text
    return [
        folded[s.start : s.end]
        for s in labelled(PreparedText.of(folded, key))
        if s.entity == entity
    ]


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("Passport number C14216175 issued to Ann", "PASSPORT", "C14216175"),
        ("identity for Lisa Hall, passport: I15917225.", "PASSPORT", "I15917225"),
        ("Tax number 41-8796514 appears on the form", "TAX_ID", "41-8796514"),
        ("tax ID: 43-9852897.", "TAX_ID", "43-9852897"),
        ("VAT no. DE 123456789", "TAX_ID", "DE 123456789"),
        ("Steuer-ID 38449725069 für", "TAX_ID", "38449725069"),
        ("National ID 869-41-5543 registered", "GOVERNMENT_ID", "869-41-5543"),
        ("DNI 12345678Z para", "GOVERNMENT_ID", "12345678Z"),
        ("Driver license D9375710 belongs to", "DRIVER_LICENSE", "D9375710"),
        ("My driver's license number is 2270-66-1551", "DRIVER_LICENSE", "2270-66-1551"),
        ("Employee ID card ID-GIQHXXJR grants access", "ID_NUM", "ID-GIQHXXJR"),
        ("Employee ID card ID-9A90FXH3 grants access", "ID_NUM", "ID-9A90FXH3"),
        ("社員番号：A12345 の方", "ID_NUM", "A12345"),
        ("License plate 395 ZZ0 is registered", "LICENSE_PLATE", "395 ZZ0"),
        ("License plate 499K is registered", "LICENSE_PLATE", "499K"),
        ("owns license plate 85-OV28.", "LICENSE_PLATE", "85-OV28"),
        ("車は品川 300 あ 12-34 です", "LICENSE_PLATE", "品川 300 あ 12-34"),
        ("Chelsey date of birth is 1978-08-11 and", "DATE_OF_BIRTH", "1978-08-11"),
        ("He was born on 23 September 1995 in Rome", "DATE_OF_BIRTH", "23 September 1995"),
        ("DOB: 09/23/1995", "DATE_OF_BIRTH", "09/23/1995"),
        ("生年月日：昭和60年4月1日", "DATE_OF_BIRTH", "昭和60年4月1日"),
        ("生年月日 S60.4.1", "DATE_OF_BIRTH", "S60.4.1"),
        ("1985年4月1日生まれの方", "DATE_OF_BIRTH", "1985年4月1日"),
        ("username: dking", "USERNAME", "dking"),
        ("Login as bzimmerman with password x", "USERNAME", "bzimmerman"),
        ("to activate the account for dking.", "USERNAME", "dking"),
        ("Customer michaeljones (email z@example.com)", "USERNAME", "michaeljones"),
        ("Token QZIT3UEA3G was issued to user khill.", "USERNAME", "khill"),
        ("ユーザー名は「taro_y」です", "USERNAME", "taro_y"),
        ("mail ann.lee @ example.com now", "EMAIL_ADDRESS", "ann.lee @ example.com"),
        (
            "ann (at) example (dot) co (dot) jp",
            "EMAIL_ADDRESS",
            "ann (at) example (dot) co (dot) jp",
        ),
        ("ａｎｎ ＠ ｅｘａｍｐｌｅ ． ｃｏｍ", "EMAIL_ADDRESS", "ann @ example . com"),
        ("【社外秘】来期の計画", "CONFIDENTIAL_MARK", "社外秘"),
        ("STRICTLY CONFIDENTIAL: draft", "CONFIDENTIAL_MARK", "STRICTLY CONFIDENTIAL"),
    ],
)
def test_values_after_their_labels(text: str, entity: str, value: str) -> None:
    assert of(text, entity) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "Your passport must be valid for 6 months.", "tax year 2024", "The user manual is here.", "username is required",
        "Log in as usual.", "create an account for free", "He was born in 1990.", "The plate is hot",
        "date of birth: 1978-18-11", "National identity matters", "license plates are issued", "driver license fees rose 12%",
        "signed in as [USERNAME_k7f3q2ab]", "会員番号をお知らせください", "The customer service desk (email us)",
        "This is confidential.", "lunch @ noon. Thanks", "see you @ 12.30 today", "at ann@example.com", "機密性の高い設計", "CONFIDENTIALITY",
    ],
)  # fmt: skip
def test_words_about_documents_are_no_finding(text: str) -> None:
    assert list(labelled(PreparedText.of(text, ""))) == []


@pytest.mark.parametrize(
    ("key", "value", "entity"),
    [
        ("userName", "dking", "USERNAME"),
        ("user_name", "taro.y", "USERNAME"),
        ("birth_date", "1978-08-11", "DATE_OF_BIRTH"),
        ("生年月日", "S60.4.1", "DATE_OF_BIRTH"),
    ],
)
def test_the_key_is_a_label(key: str, value: str, entity: str) -> None:
    assert of(value, entity, key) == [value]
    assert of(value, entity, "other") == []


def test_spans_are_of_known_entities() -> None:
    text = "username: dking, DOB: 1978-08-11"
    assert {s.entity for s in labelled(PreparedText.of(text, ""))} <= ENTITIES


@pytest.mark.parametrize(
    "text",
    [
        "passport " * 8_000, "tax id " + "1 " * 30_000, "username:" * 8_000, "born " * 10_000, "a @ " * 12_000, "a.(at)" * 8_000, "a@ b." * 10_000, "account for " * 6_000,
        "password " + "x" * 50_000, "create " * 9_000, "品川300あ" * 6_000, "dni " + "1.2" * 20_000, "plate" + " " * 50_000,
        "user " + "a" * 50_000 + " (email", "1985年4月" * 8_000 + "生まれ", "passport (" * 8_000,
    ],
)  # fmt: skip
def test_hostile_texts_take_no_more_than_linear_time(text: str) -> None:
    list(labelled(PreparedText.of(text, text[:100])))

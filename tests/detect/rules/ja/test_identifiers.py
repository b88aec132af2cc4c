import pytest

from tests.detect.values import of


@pytest.mark.parametrize(
    "text",
    [
        "マイナンバーは{}です", "個人番号：{}", "My Number: {}", "こちら {} をご確認ください",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "number", ["1234 5678 9018", "1234-5678-9018", "１２３４５６７８９０１８", "123456789018"]
)
def test_T09_my_number_in_every_width_and_grouping(text: str, number: str) -> None:
    assert of(text.format(number), "JP_MY_NUMBER") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "order 123456789018",
        "1234 5678 9011",
        "4111 1111 1111 1111",
        "注文 123456789011",
        "111111111111 個",
    ],
)
def test_other_twelve_digits_are_not_my_number(text: str) -> None:
    assert of(text, "JP_MY_NUMBER") == []


def test_a_labelled_my_number_counts_with_a_wrong_check_digit() -> None:
    assert of("マイナンバーは1234 5678 9011", "JP_MY_NUMBER") == ["1234 5678 9011"]


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("運転免許証番号は123456789012です", "JP_DRIVER_LICENSE", "123456789012"),
        ("旅券番号 TK1234567", "JP_PASSPORT", "TK1234567"),
        ("在留カード AB12345678CD", "JP_RESIDENCE_CARD", "AB12345678CD"),
        ("基礎年金番号：1234-567890", "JP_PENSION_NUMBER", "1234-567890"),
        ("保険者番号 01130012", "JP_HEALTH_INSURANCE", "01130012"),
        ("被保険者番号：12345678", "JP_HEALTH_INSURANCE", "12345678"),
        ("住民票コードは12345678901", "JP_RESIDENT_CODE", "12345678901"),
        ("渋谷支店 普通 1234567", "JP_BANK_ACCOUNT", "1234567"),
        ("ゆうちょ 記号 12340-12345671", "JP_BANK_ACCOUNT", "12340-12345671"),
        ("ゆうちょ銀行 10010-12345671", "JP_BANK_ACCOUNT", "10010-12345671"),
        ("ゆうちょ銀行 記号10010 番号12345671", "JP_BANK_ACCOUNT", "12345671"),
        ("記号：10010、番号：1234561 まで", "JP_BANK_ACCOUNT", "1234561"),
        ("登録番号 T1234567890123", "JP_INVOICE_NUMBER", "T1234567890123"),
        ("〒100-0001", "JP_POSTAL_CODE", "〒100-0001"),
        ("郵便番号は100-0001", "JP_POSTAL_CODE", "100-0001"),
    ],
)
def test_numbers_with_a_label(text: str, entity: str, value: str) -> None:
    assert of(text, entity) == [value]


def test_an_account_of_the_post_bank_without_a_label_needs_its_check_digit() -> None:
    assert of("振込先は10010-12345671です", "JP_BANK_ACCOUNT") == ["10010-12345671"]
    assert of("品番は10020-12345671です", "JP_BANK_ACCOUNT") == []
    assert of("Part 10010-12345671", "JP_BANK_ACCOUNT") == []


@pytest.mark.parametrize(
    ("value", "entity"),
    [
        ("123456789012", "JP_DRIVER_LICENSE"), ("TK1234567", "JP_PASSPORT"), ("1234-567890", "JP_PENSION_NUMBER"),
        ("01130012", "JP_HEALTH_INSURANCE"), ("12345678901", "JP_RESIDENT_CODE"), ("1234567", "JP_BANK_ACCOUNT"),
        ("100-0001", "JP_POSTAL_CODE"), ("登録番号 T7000012050002", "JP_INVOICE_NUMBER"),
    ],
)  # fmt: skip
def test_the_same_numbers_without_one_are_none(value: str, entity: str) -> None:
    assert of(f"No. {value}", entity) == []


@pytest.mark.parametrize(
    "address",
    [
        "東京都千代田区千代田1丁目2番3号",
        "東京都港区芝公園4-2-8",
        "神奈川県横浜市西区みなとみらい2-3-4",
        "北海道札幌市中央区北1条西2丁目",
        "京都府京都市中京区一丁目二番三号",
        "東京都千代田区千代田1丁目2番3号 パレスビル101号室",
        "大阪府大阪市北区梅田３－１－３ ハイツ梅田206",
    ],
)
def test_addresses_from_the_prefecture_on(address: str) -> None:
    assert of(f"住所は{address}です。", "JP_ADDRESS") == [address]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("神奈川県横浜市に行く", ["神奈川県横浜市"]),
        ("東京都の人口", []),
        ("京都府と大阪府、市場", []),
    ],
)
def test_a_city_alone_is_a_place(text: str, expected: list[str]) -> None:
    assert of(text, "LOCATION") == expected
    assert of(text, "JP_ADDRESS") == []

import pytest

from tests.detect.values import of

KEYS = (
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2_" * 6,
    "glpat-" + "a1B2-" * 4 + "x",
    "xoxb-123456789012-abcdefABCDEF",
    "xapp-1-A0123456789-0123456789abc",
    "sk_live_" + "a1B2" * 6,
    "sk-ant-api03-" + "x9Y_" * 8 + "z",
    "sk-proj-" + "x9Y_" * 8 + "z",
    "AIza" + "a1B2c" * 7,
    "ya29." + "a1B2" * 8,
    "hf_" + "aBcDe" * 7,
    "npm_" + "a1B2" * 9,
    "pypi-" + "AgEIcHlwaS5vcmc" * 4,
)


@pytest.mark.parametrize("key", KEYS)
def test_keys_with_a_vendors_prefix(key: str) -> None:
    assert of(f"export KEY={key};", "SECRET_API_KEY") == [key]
    assert of(f"鍵は{key}です", "SECRET_API_KEY") == [key]
    assert of(f"x{key}", "SECRET_API_KEY") == []


def test_a_json_web_token() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
    assert of(f"Authorization: Bearer {token}", "SECRET_TOKEN") == [token]


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""])
@pytest.mark.parametrize("newline", ["\n", "\\n", "\r\n"])
def test_a_private_key_from_its_first_line_to_its_last(kind: str, newline: str) -> None:
    body = newline.join(["MIIEpAIBAAKCAQEA7x"] * 5)
    key = (
        f"-----BEGIN {kind}PRIVATE KEY-----{newline}{body}{newline}-----END {kind}PRIVATE KEY-----"
    )
    assert of(f"key: {key} done", "SECRET_PRIVATE_KEY") == [key]


def test_a_private_key_without_its_last_line() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7x\n" * 4
    assert of(key, "SECRET_PRIVATE_KEY") == [key.strip()]
    assert of("-----BEGIN PRIVATE KEY----- is its first line", "SECRET_PRIVATE_KEY") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://app:s3cr3t@db:5432/x", ["postgres://app:s3cr3t@db:5432/x"]),
        ("(https://ann:pw@example.com/a?b=c).", ["https://ann:pw@example.com/a?b=c)."]),
        ("redis://:pw@cache", ["redis://:pw@cache"]),
        ("https://example.com:8443/@me and https://example.com/a:b", []),
    ],
)
def test_urls_that_carry_a_password(text: str, expected: list[str]) -> None:
    assert of(text, "SECRET_URL") == expected


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("My password is hunter2!", "hunter2!"),
        ("Reset password O(0yl55k(gT for Ann", "O(0yl55k(gT"),
        ("The password for the build server is Correct-Horse7.", "Correct-Horse7"),
        ('api_key="abcDEF123456"', "abcDEF123456"),
        ('{"client_secret": "zzTop99x"}', "zzTop99x"),
        ("DB_PASSWORD=s3cr3tValue", "s3cr3tValue"),
        ("Bearer a8f5f167f44f4964e6c998dee827110c", "a8f5f167f44f4964e6c998dee827110c"),
        ("パスワードはTr0ub4dorです。", "Tr0ub4dor"),
        ("パスワード：Tr0ub4dor", "Tr0ub4dor"),
        ("APIキーは「k3y-9f8e7d」です", "k3y-9f8e7d"),
        ("暗証番号は4821です", "4821"),
        ("the PIN is 4821", "4821"),
    ],
)
def test_secrets_after_a_keyword_or_assigned(text: str, secret: str) -> None:
    assert of(text, "SECRET_PASSWORD") == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "The password is required.", "Your password was changed yesterday", "token limit is 4096 tokens",
        "max_tokens: 4096", "password = getpass()", "api_key=os.environ['KEY']", "password: ${DB_PASSWORD}",
        "password is [SECRET_PASSWORD_k7f3q2ab]", "see https://example.com/password/reset-Form7", "secret santa party",
        "send the token to ann@example.com", "password: ********", "API key management overview",
        "the password field must contain 8 characters", "暗証番号を忘れました", "the secret ingredient is cinnamon",
    ],
)  # fmt: skip
def test_words_about_secrets_are_no_finding(text: str) -> None:
    assert of(text, "SECRET_PASSWORD") == []


@pytest.mark.parametrize(
    "key", ["password", "db_password", "apiKey", "client-secret", "パスワード", "ACCESS_TOKEN"]
)
def test_the_value_under_a_key_that_names_a_secret(key: str) -> None:
    assert of("hunter", "SECRET_PASSWORD", key) == ["hunter"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("password_hint", "hunter"), ("password", "string"), ("password", "two words"), ("password", "${PW}"),
     ("password", "[SECRET_PASSWORD_k7f3q2ab]"), ("name", "hunter"), ("password", "")],
)  # fmt: skip
def test_other_values_are_none(key: str, value: str) -> None:
    assert of(value, "SECRET_PASSWORD", key) == []

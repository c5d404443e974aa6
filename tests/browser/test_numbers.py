"""The numbers that the player writes, against exact decimals."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

Format = Callable[[list[float], str, int], list[str]]


@pytest.fixture(scope="module")
def write(browser: Browser) -> Format:
    """Load numbers.js into an empty page, and return what writes many numbers in one style."""
    page = browser.new_page()
    page.evaluate(
        """async text => {
            const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
            window.format = (await import(url)).format;
        }""",
        Path("live/front/numbers.js").read_text(encoding="utf-8"),
    )

    def write(values: list[float], kind: str, digits: int) -> list[str]:
        call = "([values, style]) => values.map((value) => format(value, style))"
        texts: list[str] = page.evaluate(call, [values, {"kind": kind, "digits": digits}])
        assert not [text for text in texts if "-" in text]  # one minus sign: U+2212
        return [text.replace("\u2212", "-") for text in texts]

    yield write
    page.close()


@pytest.mark.parametrize(
    ("value", "kind", "digits", "text"),
    [
        (0.41703, "fixed", 6, "0.417030"),
        (4.122307e-09, "fixed", 6, "4.122307e-9"),
        (120.0, "fixed", 6, "120.000000"),
        (0.0, "fixed", 6, "0.000000"),
        (-0.0, "fixed", 6, "0.000000"),
        (0.6590011, "significant", 4, "0.6590"),
        (1.0, "significant", 4, "1"),
        (0.99999, "significant", 4, "1.000"),
        (1096.6332, "significant", 3, "1097"),
        (99.6, "significant", 2, "100"),
        (999.9, "significant", 3, "1000"),
        (2.7e41, "significant", 3, "2.7e41"),
        (1.6689e-05, "significant", 4, "1.67e-5"),
        (0.0, "significant", 4, "0"),
        (0.10000000149011612, "shortest", 7, "0.1"),
        (-1e-30, "shortest", 7, "-1e-30"),
        (65504.0, "prose", 6, "65\u202f504"),
        (1234567.0, "prose", 7, "1\u202f234\u202f567"),
        (162754.79, "prose", 6, "162\u202f755"),
        (-1234.0, "prose", 6, "-1234"),
        (12.0, "prose", 6, "12"),
        (3.4028235e38, "prose", 6, "3.4e38"),
        (np.nan, "fixed", 6, "nan"),
        (np.inf, "significant", 3, "inf"),
        (-np.inf, "shortest", 8, "-inf"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(
    write: Format, value: float, kind: str, digits: int, text: str
) -> None:
    assert write([value], kind, digits) == [text]


# The sizes between which a number is written without an exponent.
PLAIN = {
    "fixed": (1e-4, 1e7),
    "significant": (1e-3, 1e5),
    "shortest": (1e-4, 1e9),
    "prose": (1e-4, 1e9),
}


def numbers() -> list[float]:
    """Return numbers of every size, most of them just beside one whose last digits are 9 or 5."""
    random = np.random.default_rng(5)
    drawn = np.concatenate([random.normal(size=600), 10 ** random.uniform(-310, 308, 600)])
    near = [
        float(f"{digits}e{power}")
        for power in [*range(-12, 12), -320, -100, -45, 38, 100, 300]
        for digits in ("1", "9.5", "9.95", "9.995", "9.9995", "9.99995", "9.9999995", "2.5", "4.25")
    ]
    beside = [np.nextafter(near, -np.inf), near, np.nextafter(near, np.inf)]
    short = [drawn[:600].astype(kind).astype(float) for kind in (np.float32, np.float16)]
    values = np.concatenate([drawn, *beside, *short])
    return [float(v) for v in np.concatenate([values, -values[::7]]) if v]


def rounded(value: float, digits: int) -> Decimal:
    with localcontext(prec=digits, rounding=ROUND_HALF_UP):
        return +Decimal(value)


def expected(value: float, kind: str, digits: int, *, scientific: bool) -> set[Decimal]:
    """Return what may be shown; prose is rounded twice, which moves it by a digit at most."""
    if scientific:
        shown = {"fixed": digits + 1, "significant": digits - 1, "shortest": digits, "prose": 3}
        result = {rounded(value, shown[kind])}
        return result | ({rounded(float(rounded(value, digits)), 3)} if kind == "prose" else set())
    with localcontext(prec=400, rounding=ROUND_HALF_UP):
        if kind == "fixed":
            return {Decimal(value).quantize(Decimal(1).scaleb(-digits))}
        if kind == "significant" and abs(value) >= 10**digits:
            return {Decimal(value).quantize(Decimal(1))}
    return {rounded(value, digits)}


@pytest.mark.parametrize(
    ("kind", "digits"),
    [
        ("fixed", 6),
        *(("significant", digits) for digits in (2, 3, 4, 6)),
        *(("shortest", digits) for digits in (5, 7, 8, 9)),
        *(("prose", digits) for digits in (4, 6, 9)),
    ],
)
def test_every_number_is_rounded_to_nearest_in_a_form_that_people_read(
    write: Format, kind: str, digits: int
) -> None:
    values = numbers()
    low, high = PLAIN[kind]
    wrong = []
    for value, text in zip(values, write(values, kind, digits), strict=True):
        plain = text.replace("\u202f", "")
        scientific = "e" in text
        form = r"-?[1-9](\.\d+)?e-?[1-9]\d*" if scientific else r"-?(0|[1-9]\d*)(\.\d+)?"
        right = re.fullmatch(form, plain) and Decimal(plain) in expected(
            value, kind, digits, scientific=scientific
        )
        size = {abs(value), abs(float(Decimal(plain)))}
        outside = [not low <= s < high for s in size]
        if not right or scientific not in outside:
            wrong.append((value, text))
    assert wrong[:5] == []


@pytest.mark.parametrize("digits", [3, 4, 6])
def test_significant_digits_keep_their_zeros_and_shortest_drops_them(
    write: Format, digits: int
) -> None:
    values = [v for v in numbers() if 1e-3 < abs(v) < 0.9]
    for text in write(values, "significant", digits):
        assert len(text.lstrip("-0.").replace(".", "")) == digits, text
    for text in write(values, "shortest", digits):
        assert not text.endswith("0"), text

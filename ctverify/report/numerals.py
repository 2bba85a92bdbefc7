"""Numbers as people write them: at an axis, in running text, in a table's cell."""

from __future__ import annotations

import math
from typing import Any

from ..certificate.sentence import percent as certificates_percent

UNBROKEN = "\N{NO-BREAK SPACE}%"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def label(value: float, step: float | None = None) -> str:
    """A number at an axis.

    Arguments:
        value: Finite.
        step: Of which it is a multiple, if any: it is written to the step's last digit.

    Returns:
        Its digits, or a power of ten where it is below 0.001 or from 100,000 on.

    Example:
        >>> label(0.002), label(25.0), label(1e-5), label(3e7), label(2.0, 0.5)
        ('0.002', '25', '10⁻⁵', '3·10⁷', '2.0')
    """
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-3 * (1 - 1e-9) <= size < 1e5:
        return minus(_plain(value, step))
    if step is None:
        return power(value)
    digits = _decade(size) - _decade(step) + 1
    return power(value, max(1, digits))


def _decade(size: float) -> int:
    """The power of ten of its first digit, also where rounding has put it just below."""
    return math.floor(math.log10(size) + 1e-9)


def _plain(value: float, step: float | None) -> str:
    if step is None:
        return f"{value:.6g}"
    digits = max(0, -_decade(step))
    if digits > 9:
        return f"{value:.6g}"
    return f"{value:.{digits}f}"


def power(value: float, digits: int = 3) -> str:
    """A number with its power of ten.

    Arguments:
        value: Finite and not 0.
        digits: Of the mantissa, trailing zeros left out.

    Returns:
        m·10ⁿ, the mantissa m left out where it is 1.

    Example:
        >>> power(-1e6), power(2.5e-7)
        ('−10⁶', '2.5·10⁻⁷')
    """
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    tens = "10" + str(int(exponent)).translate(SUPERSCRIPT)
    alone = {"1": tens, "-1": f"-{tens}"}
    return minus(alone.get(mantissa, f"{mantissa}·{tens}"))


def short(value: float, digits: int = 3) -> str:
    """A number in running text.

    Arguments:
        value: Any, also infinity and NaN.
        digits: How many are significant.

    Returns:
        Its digits where it is 0 or between 0.001 and 100,000, else with its power of ten; "∞" and
        "no number".

    Example:
        >>> short(0.12345), short(54321.0), short(2e-9), short(-math.inf)
        ('0.123', '54,300', '2·10⁻⁹', '−∞')
    """
    if math.isnan(value):
        return "no number"
    if math.isinf(value):
        return minus("∞" if value > 0 else "-∞")
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return power(value, digits)
    plain = f"{value:.{digits}g}"
    if "e" in plain:
        plain = f"{float(plain):,.0f}"
    return minus(plain)


def percent(share: float) -> str:
    """A share in percent, with its sign.

    Arguments:
        share: 1 is 100 %; finite.

    Returns:
        Whole percent, or one digit below 1 %; the sign of percent does not begin a line.

    Example:
        >>> percent(0.804) == "80\N{NO-BREAK SPACE}%"
        True
    """
    return minus(certificates_percent(share)).replace(" %", UNBROKEN)


def full(value: Any) -> str:
    """A table's number.

    Arguments:
        value: A whole number or a float.

    Returns:
        A whole number with all of its digits, a float with five.

    Example:
        >>> full(12345678), full(0.123456789)
        ('12,345,678', '0.12346')
    """
    if isinstance(value, int):
        return f"{value:,}"
    return short(value, 5)


def minus(plain: str) -> str:
    """With the sign that is as wide as a plus."""
    return plain.replace("-", "−")

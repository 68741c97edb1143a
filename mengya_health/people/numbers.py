"""The 童馨档案号: TX, six digits of the district, the year, six drawn digits and a check digit."""

import secrets


def new_number(region_code: str, year: int) -> str:
    """Return a number such as TX3101062026000123-1. Its running part is drawn: all would wait for a counter."""
    digits = f"{region_code[:6]:0<6}{year:04d}{secrets.randbelow(10**6):06d}"
    return f"TX{digits}-{check_digit(digits)}"


def check_digit(digits: str) -> str:
    """Return the check digit of a string of digits. Source: GB/T 17710—2008 (ISO/IEC 7064, MOD 11,10)."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def is_number(text: str) -> bool:
    """Return whether a text is a 童馨档案号 whose check digit is right."""
    digits, _, check = text.removeprefix("TX").partition("-")
    shaped = text.startswith("TX") and len(digits) == 16 and digits.isascii() and digits.isdigit()
    return shaped and check == check_digit(digits)

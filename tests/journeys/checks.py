"""The page of a health check at twelve months, filled in as a doctor would: measured, asked, looked at."""

from tests.journeys.people import Person

TYPED = {
    "weight": "7.2", "length": "72.6", "headc": "44.8", "hb": "118", "milk_ml": "500", "food_groups": "5",
    "vitd_dose": "400", "outdoor_h": "2", "screen_min": "0", "sleep_h": "13", "teeth": "6", "dt": "0",
}  # fmt: skip
TICKED = {
    "comp_food_started": "1", "iron_food": "1", "stool_urine": "1", "exam": "all_normal", "fontanelle": "1",
    "ws_WS1201": "0", "ws_WS1202": "0", "ws_WS1203": "0", "ws_WS1204": "0", "ws_reg": "0", "conclusion": "routine",
}  # fmt: skip


def fill_in_check(doctor: Person, *, conclusion: str = "routine", **typed: str) -> None:
    """Fill in the whole page; `typed` replaces figures."""
    doctor.write(**TYPED | typed)
    for name, value in (TICKED | {"conclusion": conclusion}).items():
        doctor.choose(name, value)

"""Run by the Python of the rivals' environment: rival_scores.py CHILDREN.csv. Prints what each took, as JSON.

Each is given what it wants: numbers in the form it computes with, ages in its unit, the BMI worked out beforehand.
"""

import csv
import json
import sys
import time
from decimal import Decimal
from importlib.metadata import version


def with_pygrowup(children):
    from pygrowup import Observation

    prepared = [
        (
            {"M": Observation.MALE, "F": Observation.FEMALE}[child["sex"]],
            int(child["age_days"]),
            *(Decimal(child[name]) for name in ("weight_kg", "lenhei_cm", "headc_cm")),
        )
        for child in children
    ]

    def one(sex, days, weight, length, head):
        seen = Observation(sex=sex, age_in_days=days)
        by_length = seen.wfl if days < 731 else seen.wfh
        bmi = weight / (length / 100) ** 2
        return seen.wfa(weight), seen.lhfa(length), by_length(weight, length), seen.bmifa(bmi), seen.hcfa(head)

    return one, prepared


def with_rcpchgrowth(children):
    from rcpchgrowth.global_functions import sds_for_measurement

    prepared = []
    for child in children:
        weight, length, head = (float(child[name]) for name in ("weight_kg", "lenhei_cm", "headc_cm"))
        values = {"weight": weight, "height": length, "bmi": weight / (length / 100) ** 2, "ofc": head}
        sex = {"M": "male", "F": "female"}[child["sex"]]
        prepared.append((int(child["age_days"]) / 365.25, sex, values))

    def one(years, sex, values):
        return [
            sds_for_measurement(reference="who", age=years, measurement_method=method, observation_value=value, sex=sex)
            for method, value in values.items()
        ]

    return one, prepared


def measured(prepare, children):
    """Return how many children were scored by this library, how many it refused, and the CPU seconds."""
    one, prepared = prepare(children)
    for child in prepared[:20]:
        attempt(one, child)  # tables are loaded at the first use
    begun = time.process_time()
    refused = sum(not attempt(one, child) for child in prepared)
    return {"children": len(prepared), "refused": refused, "seconds": time.process_time() - begun}


def attempt(one, child):
    try:
        one(*child)
    except Exception:  # noqa: BLE001  what a library of others raises, nobody promises
        return False
    return True


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        children = list(csv.DictReader(file))
    found = {}
    for package, indicators, prepare in (("pygrowup2", 5, with_pygrowup), ("rcpchgrowth", 4, with_rcpchgrowth)):
        found[f"{package} {version(package)}, {indicators} indicators"] = measured(prepare, children)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Photographs of the pages everybody reaches by links in the demo district, at three sizes each, and the README's four.

    python -m tests.journeys.screens FOLDER [LOGIN …]

What scrolls sideways or complains in the browser's console is named; the exit code is then 1.
"""

import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.browser import CHINA, running_chromium
from tests.journeys.people import Person
from tests.journeys.served import free_port, wait_until_open
from tests.web.crawling import ENTRANCES, LOST, NOBODY

ROOT = Path(__file__).parents[2]
README = ROOT / "deploy" / "screenshots"
PASSWORD = "sprout-demo-2026"
# Every role, and families with something else to sign each; the grandmother reads 大字, and nobody stands at the door.
LOGINS = (
    "doctor", "doctor3", "teacher", "health", "babyhouse", "specialist", "reviewer", "manager", "officer", "admin",
    "parent", "parent2", "parent3", "parent5", "grandma", NOBODY,
)  # fmt: skip
LARGE = ("grandma",)
DESKTOP, TABLET, PHONE = (1440, 900), (1180, 820), (390, 844)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """Make and serve the demo district; yield its address."""
    mengya, port = Path(sys.executable).with_name("mengya"), free_port()
    made = [mengya, "demo", "--data", folder, "--port", str(port)]
    server = subprocess.Popen(made, stdout=subprocess.DEVNULL)
    try:
        wait_until_open(server, port)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def come(browser: Browser, address: str, login: str, size: tuple[int, int], **options) -> Person:
    """Return somebody signed in, on their first page."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **CHINA, **options)
    person = Person(context.new_page(), address)
    if login == NOBODY:
        person.open(ENTRANCES[0])
        return person
    person.sign_in(login, PASSWORD)
    if login in LARGE and person.page.locator("html.text-large").count() == 0:
        person.press("大字")
    return person


def paths_of(person: Person) -> dict[str, str]:
    """Return one path for each kind of page that links lead to, by a name for the kind."""
    found, waiting = {}, deque([person.path, *ENTRANCES, LOST] if person.path == ENTRANCES[0] else [person.path])
    while waiting:
        path = waiting.popleft()
        name = ID.sub("id", path.partition("?")[0]).strip("/").replace("/", "-") or "front"
        if name in found:
            continue
        found[name] = path
        person.open(path)
        links = person.page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))")
        waiting.extend(link for link in links if not link.endswith((".pdf", ".json", ".py")))
    return found


def photograph(browser: Browser, address: str, login: str, folder: Path) -> list[str]:
    """Photograph one person's pages at every size; return what was wrong with them."""
    wrong = []
    crawler = come(browser, address, login, DESKTOP)
    paths = paths_of(crawler)
    crawler.page.context.close()
    for size in (DESKTOP, TABLET, PHONE):
        person = come(browser, address, login, size)
        for name, path in paths.items():
            person.open(path)
            file = folder / f"{login}-{name}-{size[0]}.png"
            person.photograph(file)
            if person.too_wide_px > 0:
                wrong.append(f"{file.name}: {person.too_wide_px} px too wide")
        wrong += [said for said in person.complaints if "status of 404" not in said]
        person.page.context.close()
    return wrong


def photograph_for_readme(browser: Browser, address: str) -> None:
    """Store the day, a case with its gate, the class and a signature as the README shows them."""
    doctor = come(browser, address, "doctor", (1440, 1020))
    store_for_readme(doctor, "today")
    doctor.open("/cases?tab=open")
    doctor.press("打开", inside="tr:has-text('干预中')")
    doctor.choose("event", "meet_goals")
    doctor.press("确认这个决定")
    store_for_readme(doctor, "case")
    teacher = come(browser, address, "teacher", TABLET)
    with teacher.page.expect_navigation():
        teacher.tap(teacher.page.locator(".tile:has(.ask)").first)
    with teacher.page.expect_navigation():
        teacher.tap(teacher.page.locator(".dom", has_text="吃饭"))
    teacher.tap(teacher.page.locator(".chip", has_text="都吃完了"))
    store_for_readme(teacher, "class")
    parent = come(browser, address, "parent", (390, 1114), device_scale_factor=2)
    parent.press("看一看，去签名")
    parent.choose("choice", "agree")
    store_for_readme(parent, "sign")


def store_for_readme(person: Person, name: str) -> None:
    """Store what the window shows in 256 colours, chosen so that none of the roles' own is lost."""
    README.mkdir(parents=True, exist_ok=True)
    with Image.open(BytesIO(person.page.screenshot())) as shown:
        few = shown.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(README / f"{name}.png", optimize=True)


def main(folder: Path, *logins: str) -> int:
    with running_chromium() as browser, demo(folder / "demo") as address:
        if browser is None:
            raise SystemExit("没有安装 Chromium。 Chromium is not installed.")
        wrong = [line for login in logins or LOGINS for line in photograph(browser, address, login, folder)]
        if not logins:
            photograph_for_readme(browser, address)
    sys.stdout.write("\n".join([*wrong, f"{len(list(folder.glob('*.png')))} photographs in {folder}", ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))

"""Render every page template with sample contexts and photograph it at three widths.

    python -m tests.web.specimens.preview [FOLDER] [PART OF A PAGE'S NAME]

Pages are served with the strict Content-Security-Policy of the product. Violations, missing
files and pages that scroll sideways are named; the exit code is then 1.
"""

import http.server
import sys
import threading
from functools import partial
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from playwright.sync_api import sync_playwright

from tests.web.specimens import cases, families, phones, plain, staff

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "mengya_health" / "web" / "static"
PAGES = staff.PAGES | cases.PAGES | families.PAGES | phones.PAGES | plain.PAGES
WIDTHS = (1440, 1024, 390)
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"]


def environment() -> Environment:
    """Return the templates as the product loads them, with every text in its Chinese original."""
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(ROOT / "templates"), govuk]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_null_translations(newstyle=True)
    env.globals.update(csrf_token=lambda: "specimen-token", idem_key=lambda: "specimen-key")
    env.globals["url_for"] = lambda endpoint, **parts: "/" + "/".join([endpoint, *map(str, parts.values())])
    return env


class Handler(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path):
        return str(STATIC / path[8:].split("?")[0]) if path.startswith("/static/") else super().translate_path(path)

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args):
        """Stay quiet."""


def write_pages(folder: Path, names: list[str]) -> None:
    env = environment()
    for name in names:
        template, context = PAGES[name]
        (folder / f"{name}.html").write_text(env.get_template(template).render(context), encoding="utf-8")


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    """Serve the written pages and the static files on a free port, in the background."""
    server = http.server.ThreadingHTTPServer(("localhost", 0), partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def photograph(folder: Path, names: list[str], port: int) -> list[str]:
    complaints = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        for name in names:
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 844})
                page.on(
                    "console",
                    lambda said, name=name: said.type == "error" and complaints.append(f"{name}: {said.text}"),
                )
                page.on("pageerror", lambda error, name=name: complaints.append(f"{name}: {error}"))
                page.goto(f"http://localhost:{port}/{name}.html")
                # As high as the page, so that bars which stick to the lower edge stand where the page ends.
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": max(844, height)})
                page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
                page.set_viewport_size({"width": min(width, 320) if width == WIDTHS[-1] else width, "height": 844})
                too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if too_wide > 0:
                    complaints.append(f"{name} at {width}: {too_wide} px too wide")
                page.close()
        browser.close()
    return complaints


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "var/preview")
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in PAGES if wanted in name]
    write_pages(folder, names)
    complaints = photograph(folder, names, serve(folder).server_port)
    report = [*sorted(set(complaints)), f"{len(names)} pages, photographs in {folder}"]
    sys.stdout.write("\n".join(report) + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

"""The page in a real browser: it opens from a file without a complaint and asks nobody for anything."""

import http.server
import re
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest

from features.report.page import render, write
from tests.report.sample import sample, with_persons

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
]


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium on PATH: the report was not opened in a browser")
    return found


def browse(chromium: str, folder: Path, address: str, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, address]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=90, check=True)


@pytest.mark.parametrize("data", [sample, with_persons], ids=["boxes", "persons"])
def test_it_opens_from_a_file_without_a_complaint(chromium, tmp_path, data):
    write(tmp_path / "report.html", data())
    seen = browse(chromium, tmp_path, (tmp_path / "report.html").as_uri(), "--dump-dom")
    assert "CONSOLE" not in seen.stderr
    headings = re.findall(r"<h2>([^<]+)</h2>", seen.stdout)
    assert headings == ["Results", "ROC", "Videos", "Computed and reused", "Failures", "Provenance", "Glossary"]
    assert "<script" not in seen.stdout


def test_a_complaint_would_be_seen(chromium, tmp_path):
    page = render(sample()).replace("</body>", "<script>1</script></body>")
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    assert "CONSOLE" in browse(chromium, tmp_path, (tmp_path / "report.html").as_uri(), "--dump-dom").stderr


def test_it_asks_a_server_for_nothing_but_itself(chromium, tmp_path):
    asked = []
    page = render(sample()).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browse(
            chromium, tmp_path, f"http://127.0.0.1:{server.server_port}/report.html", "--dump-dom", "--no-proxy-server"
        )
        server.shutdown()
    assert asked == ["/report.html"]


@pytest.mark.parametrize(
    ("width", "data"),
    [(1280, partial(sample, False)), (390, partial(sample, False)), (390, with_persons)],
    ids=["wide", "narrow", "narrow with persons"],
)
def test_nothing_sticks_out_sideways(chromium, tmp_path, width, data):
    page = render(data()).replace("default-src 'none'", "default-src 'unsafe-inline'")
    measure = "<script>document.title = 'width ' + document.documentElement.scrollWidth</script></body>"
    frame = (
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{_quoted(page.replace("</body>", measure))}">'
    )
    frame += "</iframe><script>onload = () => document.title = frames[0].document.title</script>"
    (tmp_path / "frame.html").write_text(frame, encoding="utf-8")
    seen = browse(chromium, tmp_path, (tmp_path / "frame.html").as_uri(), "--dump-dom", "--window-size=1400,1000")
    assert f"<title>width {width}</title>" in seen.stdout


def _quoted(html: str) -> str:
    return html.replace("&", "&amp;").replace('"', "&quot;")


def test_it_is_drawn(chromium, tmp_path):
    write(tmp_path / "report.html", sample())
    shot = tmp_path / "shot.png"
    browse(chromium, tmp_path, (tmp_path / "report.html").as_uri(), f"--screenshot={shot}", "--window-size=1280,2000")
    assert shot.stat().st_size > 50_000

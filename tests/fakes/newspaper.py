"""A small news site on loopback: what it serves is given by path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def feed(name: str, items: int) -> str:
    entries = "".join(
        f"<item><title>{name} {n}</title><link>https://c.example/{name}/{n}</link>"
        f"<pubDate>Wed, 04 Mar 2026 0{n}:00:00 GMT</pubDate></item>"
        for n in range(items)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{entries}</channel></rss>'


NEWS = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://c.example/n/1</loc><news:news>
<news:publication><news:name>Courier</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-03-04</news:publication_date><news:title>Signed</news:title></news:news></url></urlset>"""
PAGE = """<html><head><link rel="alternate" type="application/rss+xml" href="/world.xml">
<link rel="alternate" type="application/atom+xml" href="http://[broken"></head>
<body><a href="/defence/rss">RSS</a><a href="/about">About</a></body></html>"""


@contextmanager
def site(pages: dict[str, str]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            body = (found or "").replace("ROOT", f"http://{self.headers['Host']}").encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

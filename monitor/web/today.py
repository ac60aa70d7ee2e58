"""The last 24 hours in figures, and the widget that shows them on the first page of Airflow's UI."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from monitor.store import alerts, hits
from monitor.web.answers import reading, root

SPAN = timedelta(hours=24)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Today:
    """Hits by topic and alerts of the last 24 hours, the topic with most first."""

    hits: dict[str, int]
    alerts: int


@router.get("/today.json")
def today(request: Request) -> Today:
    since = datetime.now(UTC) - SPAN
    with reading(request) as db:
        found = hits.counts(db, since)
        raised = alerts.count(db, since)
    return Today(dict(sorted(found.items(), key=lambda one: (-one[1], one[0]))), raised)


@router.get("/today.js")
def widget(request: Request) -> Response:
    """A component for the React that Airflow's UI has; no build step, nothing from elsewhere."""
    script = _WIDGET.replace("ROOT", root(request))
    return Response(script, media_type="text/javascript", headers={"Cache-Control": "max-age=300"})


_WIDGET = """
(() => {
  const { createElement: h, useEffect, useState } = globalThis.React;
  // Airflow may live under a path of its own, which its page names as its base.
  const at = (path) => new URL(path.replace(/^[/]/, ""), document.baseURI).pathname;
  const line = { display: "flex", gap: "0.75rem", alignItems: "baseline", flexWrap: "wrap" };
  const number = { fontSize: "1.25rem", fontWeight: 600, fontVariantNumeric: "tabular-nums" };
  const frame = {
    order: 1, border: "1px solid rgba(128, 128, 128, 0.35)", borderRadius: 8, padding: "0.75rem 1rem",
  };
  const link = { marginLeft: "auto", textDecoration: "underline" };
  const soft = { opacity: 0.7, fontSize: "0.875rem" };
  const words = (topic) => topic.replaceAll("_", " ");

  function NewsToday() {
    const [found, setFound] = useState(null);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      const look = () => fetch(at("ROOT/today.json"), { credentials: "same-origin" })
        .then((answer) => answer.ok ? answer.json() : Promise.reject(answer.status))
        .then((value) => { setFound(value); setFailed(false); })
        .catch(() => setFailed(true));
      look();
      const timer = setInterval(look, 60000);
      return () => clearInterval(timer);
    }, []);
    const figure = (count, name, key) => h("span", { key, style: { whiteSpace: "nowrap" } },
      h("span", { style: number }, count), " ", h("span", { style: soft }, name));
    const all = found ? Object.values(found.hits).reduce((sum, one) => sum + one, 0) : 0;
    const body = failed ? h("span", { style: soft, role: "status" }, "The database does not answer.")
      : !found ? h("span", { style: soft }, "Counting")
      : h("div", { style: line },
          figure(all, all === 1 ? "hit" : "hits", "all"),
          ...Object.entries(found.hits).map(([topic, count]) => figure(count, words(topic), topic)),
          figure(found.alerts, found.alerts === 1 ? "alert" : "alerts", "alerts"),
          h("a", { key: "more", href: at("/plugin/news-monitor"), style: link }, "Open the alerts"));
    return h("section", { "aria-label": "News of the last 24 hours", style: frame },
      h("h2", { style: { fontWeight: 600, marginBottom: "0.25rem" } }, "News of the last 24 hours"), body);
  }
  globalThis["News today"] = NewsToday;
})();
"""

"""The message of a story in a channel, and the replies in its thread (pure).

It is read on a phone first: the headline, what it is about and how sure that is, the sentence that says
so with its terms in bold, who carries it. What others wrote stands in `rich_text` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from monitor.alerts import blocks as b
from monitor.alerts.render import strength
from monitor.records import HitInStory, Json, Message, Reason, Severity, WeightedTerm, is_of_search
from monitor.text import clean, shorten

HEADLINE = 200  # characters: two lines and a half on a phone
SENTENCE = 400
PASSAGE = 220
PUBLISHER = 60
NAMED = 4  # publishers, countries and terms that are named
TOPICS = 5  # topics of a story that are shown
MARKS = {Severity.LOW: "⚪", Severity.MEDIUM: "🟠", Severity.HIGH: "🔴", Severity.CRITICAL: "🚨"}
# Characters of a script far from ASCII count several times over in JSON: then texts are cut shorter.
_SCALES = (1.0, 0.6, 0.35, 0.2, 0.1)

BUTTONS = (
    ("relevant", "Relevant", "primary"),
    ("not_relevant", "Not relevant", ""),
    ("wrong_topic", "Wrong topic", ""),
    ("duplicate", "Duplicate", ""),
    ("mute", "Mute…", ""),
    ("acknowledge", "Acknowledge", ""),
)
"""Action ids, labels and styles of the buttons; the value of each is the token of the thread."""


@dataclass(frozen=True, slots=True)
class Look:
    """What messages need besides the story: names of topics, and where our pages and the run are."""

    titles: Mapping[str, str] = field(default_factory=dict)
    web_url: str = "http://localhost:8080"
    run_url: str = ""

    def title(self, topic: str) -> str:
        return b.words(self.titles.get(topic, topic), 80)


def alert_message(hits: Sequence[HitInStory], severity: Severity, token: str, look: Look) -> Message:
    """The message of a story: the parent of its thread.

    Args:
        hits: not empty: one a topic, that which opened the thread first.
        token: the opaque name of the thread, the value of its buttons.
    """
    message = _alert(hits, severity, token, look, 1.0)
    for scale in _SCALES[1:]:
        if b.size(message.blocks) <= b.SIZE_LIMIT:
            break
        message = _alert(hits, severity, token, look, scale)
    return message


def _alert(hits: Sequence[HitInStory], severity: Severity, token: str, look: Look, scale: float) -> Message:
    first = hits[0]
    article = first.article
    headline = b.words(article.title or first.story_headline, int(HEADLINE * scale))
    publisher = _publisher(article.publisher or b.site(article.url), scale)
    site = b.site(article.url)
    byline = publisher if site in {"", publisher} else f"{publisher} · {site}"
    parts = [b.section(b.link(headline, article.url, bold=True), b.run(f"\n{byline}"))]
    said: set[str] = set()
    for hit in hits[:TOPICS]:
        parts.extend(_topic(hit, severity, look, scale, said))
        said.add(hit.hit.reason.sentence)
    carriers = b.rich(b.section(b.run(_carriers(first, scale))))
    titles = " and ".join(look.title(hit.hit.topic) for hit in hits[:TOPICS])
    sure = "" if is_of_search(first.hit.topic) else f", {strength(first.hit.score)}"
    text = b.escape(f"{titles}: {headline} ({publisher}{sure})")
    foot = b.small(" · ".join(_foot(first, look)))
    return Message(text[: b.TEXT_LIMIT], (b.rich(*parts), carriers, foot, b.buttons(BUTTONS, token)))


def _topic(hit: HitInStory, severity: Severity, look: Look, scale: float, said: set[str]) -> Iterator[Json]:
    """One topic of a story: how grave, how sure, and why. A sentence that was quoted is not repeated."""
    found, reason = hit.hit, hit.hit.reason
    sure = f"{strength(found.score)} ({found.score:.2f}, needs {found.threshold:.2f})"
    if is_of_search(found.topic):
        sure = f"New match of a saved search: {b.words(reason.clause, PASSAGE)}"
    title = b.run(f"{MARKS[severity]} {look.title(found.topic)}", bold=True)
    yield b.section(title, b.run(f" · {severity}\n{sure}"))
    sentence = shorten(clean(reason.sentence), int(SENTENCE * scale))
    if sentence and reason.sentence not in said:
        yield b.quoted_runs(highlighted(sentence, reason.terms))
    lines = [line for line in (_terms(reason.terms, sentence, scale), _passage(reason, scale)) if line]
    if lines:
        yield b.section(b.run("\n".join(lines)))


def highlighted(sentence: str, terms: Iterable[WeightedTerm]) -> list[Json]:
    """The sentence in runs of text, the terms that spoke for the topic in bold."""
    words = sorted({clean(term.term) for term in terms if term.weight > 0}, key=len, reverse=True)
    patterns = [r"\s+".join(map(re.escape, word.split())) for word in words if word]
    if not patterns:
        return [b.run(sentence)]
    found = re.split(rf"(?<!\w)({'|'.join(patterns)})(?!\w)", sentence, flags=re.IGNORECASE)
    return [b.run(part, bold=place % 2 == 1) for place, part in enumerate(found) if part]


def _terms(terms: Sequence[WeightedTerm], sentence: str, scale: float) -> str:
    """The terms that weighed most and do not stand in the sentence, the heaviest first."""
    speak = sorted((term for term in terms if term.weight > 0), key=lambda term: -term.weight)
    names = [b.words(term.term, max(int(40 * scale), 8)) for term in speak[:NAMED]]
    other = [name for name in names if name.casefold() not in sentence.casefold()]
    if not other:
        return ""
    return f"{'Because of' if len(other) == len(names) else 'Also because of'}: {', '.join(other)}"


def _passage(reason: Reason, scale: float) -> str:
    """The passage of the briefings and cards that the sentence is nearest to."""
    passage = shorten(clean(reason.passage), int(PASSAGE * scale))
    document = shorten(clean(reason.document), int(80 * scale))
    if not passage:
        return ""
    return f"Compare: “{passage}”" + (f" ({document})" if document else "")


def _carriers(hit: HitInStory, scale: float) -> str:
    """Who carries the story: independent publishers and their countries; copies are folded into a count."""
    names = [_publisher(name, scale) for name in hit.publishers or (hit.article.publisher,)]
    countries = [_country(code) for code in dict.fromkeys(hit.carried_in)]
    where = f" in {_count(len(countries), 'country', 'countries')}" if len(countries) > 1 else ""
    if hit.articles <= 1 and len(names) <= 1:
        return f"Carried by one publisher so far{f' ({countries[0]})' if countries else ''}"
    lines = [
        f"Carried by {_count(hit.independent, 'independent publisher', 'independent publishers')}{where}, "
        f"{_count(hit.articles, 'article', 'articles')}"
        + (f", {_count(hit.copies, 'copy', 'copies')} among them" if hit.copies else ""),
        _some(names),
    ]
    if countries:
        lines.append(_some(countries))
    return "\n".join(lines)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _foot(hit: HitInStory, look: Look) -> list[str]:
    foot = [f"First seen {b.moment(hit.first_seen_at)}"]
    if hit.last_seen_at > hit.first_seen_at:
        foot.append(f"last {b.moment(hit.last_seen_at)}")
    foot.append(b.page(f"Story {hit.story_id}", look.web_url, f"stories/{hit.story_id}"))
    if look.run_url:
        foot.append(b.markup_link("Airflow run", look.run_url))
    return foot


def _publisher(name: str, scale: float) -> str:
    return b.words(name, int(PUBLISHER * max(scale, 0.35)), empty="publisher unknown")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@cache
def _country(code: str) -> str:
    """The English name of a state by its three letters; the letters where nobody knows it."""
    import pycountry
    from babel import Locale

    found = pycountry.countries.get(alpha_3=code)
    return Locale("en").territories.get(found.alpha_2, code) if found else code


def joined_message(headline: str, url: str, story_id: int, look: Look) -> Message:
    """What a message says once its story was joined to another: the headline, and where news of it goes on.

    It has no buttons: what people say of the story, they say under the other message.
    """
    head = b.words(headline, HEADLINE)
    told = "This story was joined to another. What is new stands in the message of that one."
    title = b.section(b.link(head, url, bold=True), b.run(f"\n{told}"))
    foot = b.small(b.page(f"Story {story_id}", look.web_url, f"stories/{story_id}"))
    return Message(b.escape(f"Joined to another story · {head}")[: b.TEXT_LIMIT], (b.rich(title), foot))


def reply_message(
    headline: str,
    url: str,
    lines: Sequence[tuple[str, str]],
    topics: Iterable[str],
    look: Look,
    *,
    alone: bool,
) -> Message:
    """What is new in a story, for its thread.

    Args:
        lines: what is new, and the sentence that says so or nothing.
        topics: topics that are new.
        alone: whether it is also read outside its thread: then the headline stands above.
    """
    told = [(f"New topic: {look.title(topic)}", "") for topic in topics]
    told += [(b.words(what, 200), shorten(clean(said), SENTENCE)) for what, said in lines]
    head = b.words(headline, HEADLINE)
    parts = [b.section(b.link(head, url, bold=True))] if alone else []
    for what, said in told:
        parts.append(b.section(b.run(what, bold=True)))
        if said:
            parts.append(b.quoted(said))
    while len(parts) > 1 and b.size([b.rich(*parts)]) > b.SIZE_LIMIT:
        parts.pop()
    first = told[0][0] if told else "News"
    return Message(b.escape(f"{first} · {head}")[: b.TEXT_LIMIT], (b.rich(*parts),))

"""A past hit made again: by the classifier that made it, from the text that it read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.errors import NotFound
from monitor.records import Hit, is_of_search
from monitor.settings import Settings
from monitor.store import hits
from monitor.store.database import begin, open_database


@dataclass(frozen=True, slots=True)
class Recalled:
    """A stored hit, and the same made again; `again` is None where that cannot be done, and `why` says so.

    `differs` names what came out otherwise; nothing where the hit was reproduced exactly.
    """

    hit_id: int
    hit: Hit
    again: Hit | None
    differs: tuple[str, ...]
    why: str = ""

    @property
    def exact(self) -> bool:
        return self.again is not None and not self.differs


def recall_hit(settings: Settings, hit_id: int) -> Recalled:
    """The hit of that number, made again.

    Raises:
        NotFound: there is no such hit.
        Misconfigured: the classifier that made it is damaged.
    """
    with begin(open_database(settings.database_url), reading=True) as db:
        hit = hits.get(db, hit_id)
    if hit is None:
        raise NotFound(f"no hit {hit_id}: `monitor story N` and hits_view show the numbers")
    return _recalled(settings, hit_id, hit)


def recall_article(settings: Settings, article_id: int) -> list[Recalled]:
    """The hits of an article, best first, each made again."""
    with begin(open_database(settings.database_url), reading=True) as db:
        found = hits.of_article(db, article_id)
    return [_recalled(settings, hit_id, hit) for hit_id, hit in found]


def _recalled(settings: Settings, hit_id: int, hit: Hit) -> Recalled:
    if is_of_search(hit.topic):
        return Recalled(hit_id, hit, None, (), "a saved search matched the words of the article")
    if hit.text is None:
        return Recalled(
            hit_id,
            hit,
            None,
            (),
            "its text is not kept: `monitor prune` dropped it, or it is older than the keeping of texts",
        )
    from monitor.topics import versions
    from monitor.topics.explain import explain

    try:
        classifier = versions.load(settings.classifiers, hit.classifier_version)
    except NotFound as error:
        return Recalled(hit_id, hit, None, (), f"its classifier is gone: {error}")
    score = next((one for one in classifier.score([hit.text])[0] if one.topic == hit.topic), None)
    if score is None:
        return Recalled(hit_id, hit, None, (), f"its classifier does not know {hit.topic!r}")
    reason = explain(classifier, hit.text, hit.topic)
    again = replace(hit, score=score.score, threshold=score.threshold, reason=reason)
    differs = [name for name in ("score", "threshold") if getattr(again, name) != getattr(hit, name)]
    parts = ("sentence", "terms", "clause", "passage", "document", "card_version")
    differs += [name for name in parts if getattr(again.reason, name) != getattr(hit.reason, name)]
    return Recalled(hit_id, hit, again, tuple(differs))

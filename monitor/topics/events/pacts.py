"""Who makes, asks for, ratifies or bars a pact (pure)."""

from __future__ import annotations

import re

from monitor.topics.events.scene import Parties, Scene, direct_of, subject_of, whom_of, with_prepositions

_NO_BID = re.compile(r"rebuk|critici|decr|question|cast|doubt|undermin|test|pos|urge", re.IGNORECASE)


def joint(scene: Scene) -> tuple[Parties, Parties]:
    between = with_prepositions(scene.named, {"between"})
    subject = subject_of(scene)
    pair = between if len(between) > 1 else subject
    if len(pair) > 1:
        whom = with_prepositions(scene.after, {"for"})
        return pair, whom if whom and not set(whom) & set(pair) else pair
    other = (
        with_prepositions(scene.named, {"with", "to", "for"})
        or direct_of(scene)
        or with_prepositions(scene.after, {"of", "in"})
    )
    return subject or with_prepositions(scene.after, {"by"}), other


def bars(scene: Scene) -> tuple[Parties, Parties]:
    """Who ratifies or blocks, and whose bid it is."""
    who = subject_of(scene)
    if scene.passive:
        who = with_prepositions(scene.after, {"by"}) or who
    club = {"NATO", "CSTO", "AUKUS"}
    others = [c for c in scene.named if c.parties != who and not set(c.parties) & club]
    whom = next((c.parties for c in others if c.start > scene.verb[0]), ()) or next(
        (c.parties for c in others), ()
    )
    if "treaty" in scene.text or not whom or _NO_BID.match(scene.text[slice(*scene.verb)]):
        direct = next((c.parties for c in scene.named if c.start > scene.verb[0] and c.parties != who), ())
        bid = re.search(
            r"bid|accession|membership|joining|applications", scene.text[slice(*scene.thing)], re.IGNORECASE
        )
        whom = whom if bid else direct or whom
    return who, whom


def asks(scene: Scene) -> tuple[Parties, Parties]:
    """Who asks for a guarantee is its target; who asks to join is its source."""
    thing = scene.text[slice(*scene.thing)].lower()
    club = next((c.parties for c in scene.named if c.parties[0] in {"NATO", "CSTO", "EU"}), ())
    who = subject_of(scene)
    if scene.passive and "guarantee" in thing:  # "is pressed for guarantees"
        return who, whom_of(scene)
    if "guarantee" in thing or "assurance" in thing or "umbrella" in thing:
        giver = (
            with_prepositions(scene.after, {"from"})
            or (scene.owner.parties if scene.owner else ())
            or direct_of(scene)
        )
        return tuple(one for one in giver if one not in who), who
    who = next((c.parties for c in scene.before if c.parties != club and not c.preposition), ()) or who
    if not who or who == club:
        who = next((c.parties for c in scene.named if c.parties != club), ())
    other = club or with_prepositions(scene.after, {"with", "to", "of"}) or direct_of(scene)
    return who, other

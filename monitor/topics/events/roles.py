"""Who is the source and who the target of what a verb tells (pure).

What stands before the verb is its subject, what follows takes its role from its preposition; "was ... by"
turns them round; whose thing it is ("Russian jets", "US sanctions") tells the source where nobody else does.
"""

from __future__ import annotations

from monitor.records import Flow
from monitor.topics.events.chains import Chain
from monitor.topics.events.pacts import asks, bars, joint
from monitor.topics.events.penalties import SENDERS, penalises
from monitor.topics.events.scene import (
    Parties,
    Scene,
    direct_of,
    left_over,
    subject_of,
    whom_of,
    with_prepositions,
)


def roles(scene: Scene) -> tuple[Parties, Parties]:
    """Sources and targets; empty where nothing tells them."""
    found = _READ[scene.flow](scene)
    sources, targets = found
    joint = bool(sources) and sources == targets and len(sources) > 1
    return sources, targets if joint else tuple(t for t in targets if t not in sources)


def _gives(scene: Scene) -> tuple[Parties, Parties]:
    owner, whom = scene.owner, whom_of(scene)
    if scene.passive:
        agent = with_prepositions(scene.after, {"by"})
        if not agent and owner and (owner.start > scene.verb[0] or whom):
            agent = owner.parties
        if owner and not whom and not owner.adjective and scene.topic == "arms_transfers":
            return agent if agent != owner.parties else (), owner.parties
        return agent, whom or subject_of(scene) or left_over(scene, agent)
    if scene.topic == "mutual_defense":
        subject = subject_of(scene) or (owner.parties if owner else ())
        return subject, with_prepositions(scene.after, {"from"}) or whom or direct_of(scene) or _place(
            scene, subject
        )
    if scene.topic == "sanctions":
        return penalises(scene, owner, whom)
    if scene.noun:
        return _supplies(scene, owner, whom)
    subject = subject_of(
        scene, leaving=owner if owner and owner.adjective and len(scene.before) > 1 else None
    )
    if owner and owner.start > scene.verb[0] and scene.topic == "arms_transfers" and owner.adjective:
        subject = subject or owner.parties
        return subject, whom or direct_of(scene, leaving=owner) or _place(scene, subject)
    if not subject and owner:
        subject = owner.parties
    subject = subject or with_prepositions(scene.before, {"in"})
    giver = with_prepositions(scene.after, {"from"})
    if giver and not whom:
        return giver, subject  # "cancelled the purchase of missiles from"
    return subject, whom or direct_of(scene) or _place(scene, subject)


def _supplies(scene: Scene, owner: Chain | None, whom: Parties) -> tuple[Parties, Parties]:
    """Of a sale or a shipment: "US arms sale to", "the Iran arms sale", "shipment from"."""
    giver = with_prepositions(scene.named, {"from"}) or with_prepositions(scene.after, {"by"})
    if owner and (owner.adjective or whom):
        return giver or owner.parties, whom or subject_of(scene, leaving=owner)
    if owner:
        others = [
            c for c in scene.named if c is not owner and c.parties != owner.parties and not c.preposition
        ]
        return giver or (others[0].parties if others else ()), owner.parties
    if giver and not whom:
        near = [c for c in scene.before if c.end <= scene.thing[0] and c.parties != giver]
        return giver, near[-1].parties if near else ()
    return giver or subject_of(scene), whom


def _place(scene: Scene, sources: Parties) -> Parties:
    """What is left after the verb, for targets that stand with another preposition."""
    if scene.topic == "mutual_defense":
        return with_prepositions(scene.after, {"of", "on", "in", "against"})
    return left_over(scene, sources)


def _takes(scene: Scene) -> tuple[Parties, Parties]:
    owner = scene.owner
    if scene.topic == "mutual_defense":
        return asks(scene)
    if scene.topic == "sanctions":
        agent = with_prepositions(scene.after, {"from", "by"}) or (owner.parties if owner else ())
        return agent, subject_of(scene) or whom_of(scene)
    if scene.passive:
        taker = with_prepositions(scene.after, {"by"})
        return with_prepositions(scene.named, {"from"}) or (owner.parties if owner else ()), taker or whom_of(
            scene
        )
    taker = subject_of(scene, leaving=owner if owner and owner.adjective else None)
    giver = with_prepositions(scene.after, {"from", "with"}) or (owner.parties if owner else ())
    giver = giver or direct_of(scene) or with_prepositions(scene.after, {"to", "of", "in", "for"})
    if not taker and giver:
        taker = whom_of(scene)
    return tuple(one for one in giver if one not in taker), taker


def _finds(scene: Scene) -> tuple[Parties, Parties]:
    owner = scene.owner
    to = with_prepositions(scene.named, {"to", "for", "towards", "toward"})
    giver = with_prepositions(scene.named, {"from"}) or (owner.parties if owner else ())
    if not giver:
        giver = with_prepositions((c for c in scene.after if c.start > scene.thing[1]), {"by"})
    return giver, tuple(one for one in to if one not in giver)


def _tells(scene: Scene) -> tuple[Parties, Parties]:
    whom = with_prepositions(scene.named, {"to"})
    if scene.passive or not scene.after:
        blamed = with_prepositions(scene.before, {""})
        return blamed, whom or with_prepositions(scene.after, {"for", "of"})
    blamed = direct_of(scene)
    others = [
        c for c in scene.after if c.parties != blamed and c.preposition in {"", "of", "to", "in", "for"}
    ]
    return blamed, whom or (others[0].parties if others else ())


def _arrives(scene: Scene) -> tuple[Parties, Parties]:
    owner = scene.owner
    giver = with_prepositions(scene.named, {"from"}) or (owner.parties if owner else ())
    if owner and owner.start >= scene.verb[0]:
        return giver, whom_of(scene)
    giver = giver or subject_of(scene)
    by = with_prepositions(scene.after, {"by"})
    if by and by != giver:
        return giver, by
    where = [c for c in scene.after if c.preposition in {"", "in", "to", "into"} and c.parties != giver]
    return giver, where[0].parties if where else ()


def _stands(scene: Scene) -> tuple[Parties, Parties]:
    if scene.topic == "mutual_defense":
        return joint(scene)
    owner, whom = scene.owner, whom_of(scene)
    if whom or scene.topic == "arms_transfers":
        return (owner.parties if owner else ()), whom or left_over(scene, owner.parties if owner else ())
    late = [
        c
        for c in scene.named
        if c.start >= scene.thing[1] and c.preposition in {"", "of", "over", "in", "to"}
    ]
    early = [c for c in scene.before if c is not owner and not c.preposition]
    if owner and not set(owner.parties) & SENDERS:
        return (), owner.parties
    giver = owner.parties if owner else ()
    left = [c for c in (late or early) if c.parties != giver]
    return giver, left[0].parties if left else ()


_READ = {
    Flow.GIVES: _gives,
    Flow.TAKES: _takes,
    Flow.FINDS: _finds,
    Flow.TELLS: _tells,
    Flow.ARRIVES: _arrives,
    Flow.STANDS: _stands,
    Flow.JOINT: joint,
    Flow.BARS: bars,
}

"""Who imposes sanctions, and on whom (pure)."""

from __future__ import annotations

import re

from monitor.topics.events.chains import Chain
from monitor.topics.events.scene import Parties, Scene, direct_of, left_over, subject_of, with_prepositions

# Who imposes sanctions and is seldom under any: "US sanctions" are by, "Syria sanctions" are on.
SENDERS = frozenset({"USA", "EU", "UN", "UNSC", "G7", "GBR", "CAN", "JPN", "AUS", "ECOWAS", "AU"})


_ENDS_THEM = re.compile(r"lift|eas|end|remov", re.IGNORECASE)


_EVADES = re.compile(
    r"evad|evasion|skirt|dodg|circumvent|flout|bust|sidestep|g[eo]t|bypass|smuggl|violat|breach|undermin",
    re.IGNORECASE,
)


def penalises(scene: Scene, owner: Chain | None, whom: Parties) -> tuple[Parties, Parties]:
    """Who sanctions, and whom: after "on", or whose sanctions they are, or who comes after."""
    subject = subject_of(scene)
    turned = owner and _turned(scene, owner, subject, whom)
    if turned:
        return turned
    if not subject and owner and (whom or set(owner.parties) & SENDERS):
        subject = owner.parties
    if whom and set(whom) <= set(subject) and owner:  # "vows to answer US sanctions on its firms"
        return subject, owner.parties
    if whom or _EVADES.match(scene.text[slice(*scene.verb)]):
        return subject, whom
    if owner and owner.parties != subject and owner.start >= scene.verb[0]:
        first = direct_of(scene)
        return subject, owner.parties if first in {(), owner.parties, subject} else first
    return subject, _after(scene, subject) or direct_of(scene) or left_over(scene, subject)


def _turned(scene: Scene, owner: Chain, subject: Parties, whom: Parties) -> tuple[Parties, Parties] | None:
    """Where whose sanctions they are says more than the subject."""
    sender = bool(set(owner.parties) & SENDERS)
    if owner.parties == subject and not sender:
        if left := subject_of(scene, leaving=owner):  # "US issues Iran sanctions waivers"
            return left, whom or owner.parties
        late = scene.verb[0] >= scene.thing[1]  # "North Korea sanctions an option"
        if not whom and (late or (owner.adjective and not with_prepositions(scene.after, {""}))):
            return (), subject
    ended = _ENDS_THEM.match(scene.text[slice(*scene.verb)]) and owner.start >= scene.verb[0]
    if sender and ended and not whom and not set(subject) & SENDERS:
        return owner.parties, subject  # "Syria celebrates lifting US sanctions"
    return None


_NEAR = frozenset({"", "of", "in", "for", "from", "at", "with", "to", "into", "near"})


def _after(scene: Scene, subject: Parties) -> Parties:
    """The first that comes after the instrument; what lies "in" is where, not whom, for "sanctioned"."""
    near = _NEAR - {"in"} if scene.verb == scene.thing else _NEAR
    for chain in scene.named:
        if (
            chain.start >= scene.thing[1]
            and chain.preposition in near
            and not set(chain.parties) & set(subject)
        ):
            return chain.parties
    return ()

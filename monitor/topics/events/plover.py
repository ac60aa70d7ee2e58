"""The PLOVER type of each step: names that event data sets share (pure).

Types are those of the PLOVER ontology (Open Event Data Alliance, 2018; Halterman et al., "PLOVER and
POLECAT", 2023); steps that it does not know take the type of the CAMEO code that it grew from.
"""

from __future__ import annotations

from monitor.records import Event, Status

_TYPES = {
    Status.PROPOSED: "AGREE",
    Status.NEGOTIATED: "CONSULT",
    Status.SIGNED: "SUPPORT",
    Status.RATIFIED: "SUPPORT",
    Status.INVOKED: "REQUEST",
    Status.QUESTIONED: "REJECT",
    Status.ENDED: "SANCTION",
    Status.CALLED_FOR: "REQUEST",
    Status.THREATENED: "THREATEN",
    Status.ANNOUNCED: "SANCTION",
    Status.IN_FORCE: "SANCTION",
    Status.EVADED: "REJECT",
    Status.EASED: "CONCEDE",
    Status.LIFTED: "CONCEDE",
    Status.VETOED: "REJECT",
    Status.OFFERED: "AGREE",
    Status.REQUESTED: "REQUEST",
    Status.APPROVED: "AGREE",
    Status.CONTRACTED: "AGREE",
    Status.DELIVERED: "AID",
    Status.BLOCKED: "SANCTION",
    Status.INTERCEPTED: "COERCE",
    Status.ALLEGED: "ACCUSE",
}


def plover(event: Event) -> str:
    """The PLOVER type of an event; empty where no step is told."""
    if event.status is None:
        return ""
    if event.status is Status.IN_FORCE and event.topic == "mutual_defense":
        return "SUPPORT"
    return _TYPES[event.status]

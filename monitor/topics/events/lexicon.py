"""The words by which sentences tell events: instruments and verbs of each topic (pure).

A verb has a flow: whether its subject gives (sells, sanctions), takes (buys, faces), stops what another
takes, or tells of another (accuses). Statuses are those of `Status`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from monitor.records import Status


class Flow(StrEnum):
    GIVES = "gives"  # the subject is the source
    TAKES = "takes"  # the subject is the target
    FINDS = "finds"  # the subject is neither: it seizes what goes from one to another
    TELLS = "tells"  # the subject says it of the one after the verb


@dataclass(frozen=True, slots=True)
class Verb:
    status: Status
    flow: Flow
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one topic. `whom` are the prepositions before the target, `joint` is for pacts."""

    instruments: tuple[
        tuple[str | None, re.Pattern[str]], ...
    ]  # the name of the slot, None for the topic's own
    verbs: tuple[Verb, ...]
    whom: frozenset[str]
    joint: bool = False


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


def _verbs(flow: Flow, **patterns: str) -> tuple[Verb, ...]:
    return tuple(Verb(Status(name), flow, _words(pattern)) for name, pattern in patterns.items())


_ARMS = (
    "armou?red vehicles|missiles?|shells?|tanks?|fighters?|fighter jets?|jets?|drones?|"
    "howitzers?|munitions?|ammunition|batter(?:y|ies)|rifles?|warships?|frigates?|submarines?|helicopters?|"
    "launchers?|rockets?|interceptors?|radars?|torpedoes|torpedo|bombs?|mortars?|weapons|weaponry|"
    "arms(?! (?:race|control|trade treaty))|military aid"
)

MUTUAL_DEFENSE = Lexicon(
    instruments=(
        (
            "clause",
            _words(
                r"mutual[- ](?:defen[cs]e|assistance)['\"’”]? (?:clause|pledge)|"
                r"article (?:5|five)|treaty clause"
            ),
        ),
        ("guarantee", _words(r"security guarantees?|nuclear umbrella|extended deterrence")),
        (
            "treaty",
            _words(
                r"(?:mutual[- ])?(?:defen[cs]e|assistance|security) "
                r"(?:treat(?:y|ies)|pacts?|agreements?|alliance)|"
                r"(?:treat(?:y|ies)|pacts?) (?:[\w ]{0,40})on mutual defen[cs]e|mutual[- ]defen[cs]e"
            ),
        ),
    ),
    verbs=_verbs(
        Flow.GIVES,
        proposed=r"propos\w+|offer(?:s|ed|ing)?|float(?:s|ed)",
        negotiated=r"negotiat\w+|discuss(?:es|ed|ing)?|in talks",
        signed=r"sign(?:s|ed|ing)?|seal(?:s|ed)?|conclud(?:es|ed)|ink(?:s|ed)",
        ratified=r"ratif(?:y|ies|ied|ying)",
        in_force=r"(?:took|takes|take) effect|(?:came|comes|entered|enters|enter) into force",
        invoked=r"invok(?:e|es|ed|ing)|trigger(?:s|ed)?",
        questioned=r"question(?:s|ed|ing)?|(?:cast|casts) doubt|doubt(?:s|ed)",
        ended=(
            r"end(?:s|ed|ing)?|leav(?:e|es|ing)|left|withdr(?:aws?|ew|awn)|quits?|abrogat\w+|"
            r"t(?:ears?|ore) up"
        ),
    ),
    whom=frozenset({"with", "to", "for"}),
    joint=True,
)

SANCTIONS = Lexicon(
    instruments=(
        ("asset freeze", _words(r"asset freezes?|(?:fr[eo]ez(?:es?|ing)|froze|frozen)(?: the)? assets")),
        ("export control", _words(r"export controls?|export bans?|entity list")),
        ("oil price cap", _words(r"(?:oil )?price cap")),
        ("visa ban", _words(r"visa bans?|travel bans?")),
        ("arms embargo", _words(r"arms embargo(?:es)?")),
        (None, _words(r"sanctions?|sanctioned|sanctioning|embargo(?:es)?|blacklist(?:s|ed)?")),
    ),
    verbs=(
        *_verbs(
            Flow.GIVES,
            called_for=r"call(?:s|ed|ing)? for|urg(?:e|es|ed|ing)|demand(?:s|ed)?|press(?:es|ed)? for",
            threatened=r"threaten(?:s|ed|ing)?|warn(?:s|ed) of",
            evaded=r"evad(?:e|es|ed|ing)|skirt(?:s|ed|ing)?|dodg(?:e|es|ed|ing)|circumvent\w*|flout\w*|bust(?:s|ed)",
            eased=r"eas(?:e|es|ed|ing)|relax(?:es|ed|ing)?|loosen\w*|waiv(?:e|es|ed|ing)|suspend\w*",
            lifted=(
                r"lift(?:s|ed|ing)?|scrap(?:s|ped)?|remov(?:e|es|ed|ing)|revok(?:e|es|ed)|drop(?:s|ped)|"
                r"end(?:s|ed|ing)?|revers(?:e|es|ed|ing)"
            ),
            vetoed=r"veto(?:es|ed|ing)?",
            in_force=r"(?:took|takes|take) effect|(?:came|comes|entered|enters) into force",
            announced=(
                r"impos(?:e|es|ed|ing)|announc\w+|adopt(?:s|ed|ing)?|agree[sd]?|unveil\w*|slap(?:s|ped)?|back(?:s|ed)?|"
                r"sanctioned|sanctioning|hits?|approv(?:e|es|ed)|expand\w*|extend\w*|renew\w*|fr[eo]ez(?:e|es|ing)|froze|blacklist(?:s|ed)?|add(?:s|ed)|tighten\w*|widen\w*"
            ),
        ),
        *_verbs(Flow.TAKES, threatened=r"fac(?:e|es|ed|ing)"),
    ),
    whom=frozenset({"on", "against", "upon"}),
)

ARMS_TRANSFERS = Lexicon(
    instruments=((None, _words(_ARMS)),),
    verbs=(
        *_verbs(Flow.TELLS, alleged=r"accus(?:e|es|ed|ing)|suspect(?:s|ed)"),
        *_verbs(Flow.FINDS, intercepted=r"seiz(?:e|es|ed|ing)|intercept(?:s|ed|ing)?|confiscat\w+"),
        *_verbs(
            Flow.TAKES,
            requested=r"ask(?:s|ed|ing)?|request(?:s|ed|ing)?|seek(?:s|ing)?|sought",
            contracted=r"order(?:s|ed|ing)?|buy(?:s|ing)?|bought|sign(?:s|ed) a contract|purchased",
            delivered=r"receiv(?:e|es|ed|ing)",
        ),
        *_verbs(
            Flow.GIVES,
            blocked=(
                r"block(?:s|ed|ing)?|halt(?:s|ed|ing)?|suspend(?:s|ed|ing)?|paus(?:e|es|ed|ing)|cancel(?:s|led|ling)?|"
                r"withh(?:olds?|eld)|fr[eo]ez(?:es?|ing)|froze"
            ),
            approved=r"approv(?:e|es|ed|ing)|authori[sz]\w+|clear(?:s|ed)|licen[sc]ed",
            offered=r"offer(?:s|ed|ing)?|pledg(?:e|es|ed|ing)|promis(?:e|es|ed)",
            contracted=r"sell(?:s|ing)?|sold",
            delivered=(
                r"deliver(?:s|ed|ing)?|sen[dt](?:s|ing)?|ship(?:s|ped|ping)?|suppl(?:y|ies|ied|ying)|"
                r"transfer(?:s|red)|provid(?:e|es|ed|ing)|hand(?:s|ed) over|smuggl(?:e|es|ed|ing)|"
                r"export(?:s|ed|ing)|g[ai]v(?:e|es|ing)|resum(?:e|es|ed|ing)"
            ),
        ),
    ),
    whom=frozenset({"to", "for"}),
)

LEXICONS = {
    "mutual_defense": MUTUAL_DEFENSE,
    "sanctions": SANCTIONS,
    "arms_transfers": ARMS_TRANSFERS,
}

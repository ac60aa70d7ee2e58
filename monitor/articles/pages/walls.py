"""Pages that answer and are no article: consent forms, paywalls, error pages (pure).

A long text is an article whatever stands around it, so each rule asks for a short one.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from monitor.articles.pages.frame import key
from monitor.records import ReadOutcome

SHORT = 1_500  # characters; a text that is longer was not kept back
TEASER = 2_500  # characters of a text that says itself that it is for subscribers
_STRANGE = 0.2  # share of a title's words below which a short text is about something else
_LEAST_WORDS = 4
_CONSENT_HOST = re.compile(r"\A(?:consent|privacy|cookies?|gdpr|cmp)\.", re.IGNORECASE)
_CONSENT = re.compile(
    r"cookies?\b|consent|gdpr|privacy (?:policy|settings|choices)|legitimate interest|"
    r"personali[sz]ed ads|einwilligung|datenschutz|zustimm|consentement|vie privée|consentimiento|"
    r"privacidad|consenso|toestemming|vertrouwelijk|samtycke|zgod[aęy]\b|prywatności|privacidade|"
    r"partners? (?:store|access)",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:subscribe|sign up|log ?in|register)[^.]{0,40}(?:to (?:continue|read|keep|unlock|access)|for full)|"
    r"already (?:a|have an?) (?:subscriber|subscription|account)|"
    r"(?:subscriber|premium|member)s?[- ]only|exclusive (?:to|for) (?:our )?(?:subscribers|members)|"
    r"(?:continue|keep) reading (?:with|for)|"
    r"this (?:article|story|content) is (?:for|only|reserved|available)[^.]{0,30}(?:subscribers|members)|"
    r"you have (?:reached|read)[^.]{0,30}(?:limit|free articles)|start your (?:free )?trial|"
    r"jetzt (?:abonnieren|weiterlesen|testen)|weiterlesen mit|nur für abonnenten|bereits abonnent|"
    r"réservé aux abonnés|abonnez-vous|déjà abonné|il vous reste [\d,]+ ?% |suscríbete|"
    r"solo para suscriptores|contenido exclusivo|riservato agli abbonati|abbonati per|"
    r"assine (?:para|já)|exclusivo para assinantes|word abonnee|alleen voor abonnees|för prenumeranter|"
    r"bli prenumerant|kun for abonnenter|dla subskrybentów",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"(?:enable|turn on|requires?|activate) (?:java ?script|cookies)|javascript (?:is|and cookies)|"
    r"checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|captcha|"
    r"unusual traffic|access (?:to this page has been )?denied|access denied|request blocked|ray id|"
    r"not available in your (?:region|country)|"
    r"unavailable (?:for legal reasons|in (?:your|most european))|"
    r"page (?:not found|you (?:requested|are looking for))|(?:error )?404|"
    r"seite (?:wurde )?nicht gefunden|page introuvable|página no encontrada|pagina non trovata|"
    r"browser (?:is )?(?:not supported|out of date|unsupported)|ad ?blocker",
    re.IGNORECASE,
)


def judge(text: str, url: str, about: str, *, closed: bool) -> ReadOutcome:
    """What a page's text is: PAGE_TEXT, CONSENT, PAYWALLED, BOILERPLATE or NO_TEXT.

    Args:
        url: where the page came from, after redirects.
        about: title and summary of the article, as its feed or the page's head has them; empty where
            nothing is known.
        closed: the page says that its text is for subscribers.
    """
    if _CONSENT_HOST.match(urlsplit(url).hostname or ""):
        return ReadOutcome.CONSENT
    if not text:
        return ReadOutcome.PAYWALLED if closed else ReadOutcome.NO_TEXT
    if closed and len(text) < TEASER:
        return ReadOutcome.PAYWALLED
    if len(text) >= SHORT:
        return ReadOutcome.PAGE_TEXT
    words = max(1, len(text.split()))
    if len(_CONSENT.findall(text)) * 25 >= words and len(_CONSENT.findall(text)) >= 2:
        return ReadOutcome.CONSENT
    if _PAYWALL.search(text):
        return ReadOutcome.PAYWALLED
    if _FRAME.search(text) and (words < 120 or _strange(text, about)):
        return ReadOutcome.BOILERPLATE
    return ReadOutcome.BOILERPLATE if _strange(text, about) else ReadOutcome.PAGE_TEXT


def _strange(text: str, about: str) -> bool:
    """Whether a text has next to no word of what it should be about."""
    wanted = {word for word in key(about).split() if len(word) > 3}
    if len(wanted) < _LEAST_WORDS or (not about.isascii() and not any(c.isspace() for c in about)):
        return False
    return len(wanted & set(key(text).split())) < _STRANGE * len(wanted)

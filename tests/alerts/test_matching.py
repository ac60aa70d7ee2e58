"""Which route a hit takes: each rule by itself, and laws over all of them together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fixtures_alerts import hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.matching import WIDE, Fit, severity_of, verdicts
from monitor.records import Route, Severity

HIT = hit(
    topic="sanctions",
    score=0.8,
    countries=("RUS", "PRK"),
    actors=("RUS", "OFAC"),
    group="Europe",
    independent=3,
)
ANY = Route("any", "#any")


def answer(route: Route, severity: Severity = Severity.MEDIUM, found=HIT) -> tuple[Fit, str]:  # type: ignore[no-untyped-def]
    (one,) = verdicts(found, [route], severity)
    return one.fit, one.words


@pytest.mark.parametrize(
    ("rule", "fit", "words"),
    [
        ({}, Fit.TAKES, "takes it (score 0.80, needs 0.50)"),
        ({"topics": ("sanctions", "arms_transfers")}, Fit.TAKES, "takes it"),
        ({"topics": ("arms_transfers",)}, Fit.NOT, "topic sanctions is not one of arms_transfers"),
        ({"countries": ("PRK", "IRN")}, Fit.TAKES, "takes it"),
        ({"countries": ("IRN", "CHN")}, Fit.NOT, "it is not about IRN, CHN"),
        ({"actors": ("ofac",)}, Fit.TAKES, "takes it"),
        ({"actors": ("NATO",)}, Fit.NOT, "it is not about NATO"),
        ({"groups": ("europe", "Asia")}, Fit.TAKES, "takes it"),
        ({"groups": ("Asia",)}, Fit.NOT, "feed group Europe is not one of Asia"),
        ({"min_severity": Severity.MEDIUM}, Fit.TAKES, "takes it"),
        ({"min_severity": Severity.HIGH}, Fit.NOT, "severity medium is under its high"),
        ({"min_publishers": 3}, Fit.TAKES, "takes it"),
        ({"min_publishers": 4}, Fit.WAITS, "waits: 3 of 4 independent publishers so far"),
        ({"min_score": 0.8}, Fit.TAKES, "takes it (score 0.80, needs 0.80)"),
        ({"min_score": 0.81}, Fit.WEAK, "score 0.80 is under its 0.81"),
        ({"thresholds": (("sanctions", 0.9),)}, Fit.WEAK, "score 0.80 is under its 0.90"),
        (
            {"thresholds": (("sanctions", 0.7),), "min_score": 0.9},
            Fit.TAKES,
            "takes it (score 0.80, needs 0.70)",
        ),
        ({"thresholds": (("arms_transfers", 0.9),)}, Fit.TAKES, "takes it"),
        ({"min_score": 0.9, "min_publishers": 9}, Fit.WEAK, "score 0.80 is under"),
    ],
)
def test_each_rule(rule, fit, words):
    found, said = answer(replace(ANY, **rule))
    assert found is fit
    assert said.startswith(words)


def test_an_article_without_a_group_takes_no_route_of_groups():
    fit, words = answer(replace(ANY, groups=("Asia",)), found=replace(HIT, group=""))
    assert (fit, words) == (Fit.NOT, "feed group none is not one of Asia")


def test_a_widely_carried_story_is_a_step_graver():
    severities = {"sanctions": Severity.HIGH}
    assert severity_of(replace(HIT, independent=WIDE - 1), severities) is Severity.HIGH
    assert severity_of(replace(HIT, independent=WIDE), severities) is Severity.CRITICAL
    assert severity_of(HIT, {}) is Severity.MEDIUM


rules = st.fixed_dictionaries(
    {},
    optional={
        "topics": st.sampled_from((("*",), ("sanctions",), ("arms_transfers",))),
        "countries": st.sampled_from((("RUS",), ("CHN",))),
        "actors": st.sampled_from((("OFAC",), ("NATO",))),
        "groups": st.sampled_from((("Europe",), ("Asia",))),
        "min_severity": st.sampled_from(Severity),
        "min_publishers": st.integers(1, 5),
        "min_score": st.sampled_from((0.5, 0.8, 0.9)),
        "stop": st.booleans(),
    },
)
severities = st.sampled_from(Severity)


@given(rules, rules, severities)
def test_one_more_rule_never_takes_more(loose, more, severity):
    fit, _ = answer(Route("r", "#r", **loose), severity)
    stricter, _ = answer(Route("r", "#r", **(more | loose)), severity)
    assert fit is Fit.TAKES or stricter is not Fit.TAKES


@given(st.lists(rules, max_size=5), severities)
def test_every_route_answers_and_a_stop_silences_those_below(found, severity):
    routes = [Route(f"r{number}", "#r", **rule) for number, rule in enumerate(found)]
    answers = verdicts(HIT, routes, severity)
    assert [one.route for one in answers] == routes
    alone = [answer(route, severity)[0] for route in routes]
    stops = [n for n, route in enumerate(routes) if route.stop and alone[n] is Fit.TAKES]
    end = stops[0] if stops else len(routes)
    assert [one.fit for one in answers[: end + 1]] == alone[: end + 1]
    assert all(one.words == f"not tried: r{end}, above it, stops" for one in answers[end + 1 :])

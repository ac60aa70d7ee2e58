"""The frozen records that pass between rooms, a file for each part of an article's way.

All times are aware UTC. Every `*Outcome` names the one way in which an item can end in a step;
a `Ledger` counts them and must balance. Rooms import from here, not from the files.

    runs.py      steps, runs, ledgers
    feeds.py     feeds, polls, entries
    health.py    alarms, volumes, how pages of a host are read
    articles.py  articles, texts, placements, stories
    stories.py   developments, changes by hand
    actors.py    who is named in an article, publishers' countries
    events.py    who did what to whom
    topics.py    scores, hits, reasons
    routes.py    routes, silences
    alerts.py    decisions, messages
    outbox.py    drafts, deliveries, how a call to Slack ended
    digests.py   what a digest tells of a day or week
    asked.py     what is known of a story when somebody asks why it alerted
    search.py    questions to the archive, what is found
    searches.py  searches that somebody saved
    pulls.py     articles and hits as programs take them
    labels.py    labels, offers, proposals of cards
    presses.py   what readers say about alerts
"""

from monitor.records.actors import (
    MAIN,
    Actor,
    ActorKind,
    ArticleActors,
    Mention,
    NamedActor,
    NameKind,
    NewsText,
    Publisher,
    StoryActor,
    main_parties,
    salience,
)
from monitor.records.alerts import (
    AlertKey,
    DecideOutcome,
    Decision,
    HitInStory,
    HoldReason,
    Message,
    Opening,
    Thread,
)
from monitor.records.articles import (
    Article,
    EntryOutcome,
    NewArticle,
    Page,
    Placement,
    PlacementKind,
    ReadOutcome,
    ReadResult,
    Story,
    StoryMember,
    StoryText,
    TextSource,
)
from monitor.records.asked import Judged, Subject, Told
from monitor.records.digests import (
    DayCounts,
    Digest,
    DigestItem,
    DigestNews,
    DigestSpan,
    HitDays,
    Judgement,
    Picture,
)
from monitor.records.events import Event, Flow, KeptEvent, Mark, Report, Status, StoryEvent
from monitor.records.feeds import (
    FETCH_SUCCEEDED,
    DateStatus,
    Entry,
    Feed,
    FeedSpec,
    FeedState,
    Fetched,
    FetchOutcome,
    Pace,
    ParsedFeed,
    Polled,
    PollPlan,
    Repair,
)
from monitor.records.health import Alarm, AlarmKind, HostReads, Reach, SiteRules, Volume
from monitor.records.labels import (
    SAMPLED,
    Label,
    NewLabel,
    NewProposal,
    Offer,
    OfferedAs,
    Proposal,
    ProposalKind,
    ProposalState,
    ScoredArticle,
    Shown,
    Verdict,
)
from monitor.records.outbox import (
    WORKSPACE,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    Draft,
    FoundCopy,
    Posted,
    PostOutcome,
)
from monitor.records.presses import Effect, Listener, Person, Press, PressedStory
from monitor.records.pulls import PulledArticle, PulledHit
from monitor.records.routes import (
    Hidden,
    QuietHours,
    Route,
    Severity,
    Silence,
    SilenceCount,
    SilenceMatcher,
    UpdatePolicy,
)
from monitor.records.runs import Json, Ledger, RunKey, Step, tally
from monitor.records.search import Facets, Search, SearchOrder, SearchRow
from monitor.records.searches import OF_SEARCH, SavedSearch, SearchAlert, is_of_search
from monitor.records.stories import Development, DevelopmentKind, StoryEdit, StoryEditKind
from monitor.records.topics import Hit, Reason, Scored, ScoreOutcome, TopicScore, TopicText, WeightedTerm

__all__ = [
    "FETCH_SUCCEEDED",
    "MAIN",
    "OF_SEARCH",
    "SAMPLED",
    "WORKSPACE",
    "Actor",
    "ActorKind",
    "Alarm",
    "AlarmKind",
    "AlertKey",
    "Article",
    "ArticleActors",
    "DateStatus",
    "DayCounts",
    "DecideOutcome",
    "Decision",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Destination",
    "Development",
    "DevelopmentKind",
    "Digest",
    "DigestItem",
    "DigestNews",
    "DigestSpan",
    "Draft",
    "Effect",
    "Entry",
    "EntryOutcome",
    "Event",
    "Facets",
    "Feed",
    "FeedSpec",
    "FeedState",
    "FetchOutcome",
    "Fetched",
    "Flow",
    "FoundCopy",
    "Hidden",
    "Hit",
    "HitDays",
    "HitInStory",
    "HoldReason",
    "HostReads",
    "Json",
    "Judged",
    "Judgement",
    "KeptEvent",
    "Label",
    "Ledger",
    "Listener",
    "Mark",
    "Mention",
    "Message",
    "NameKind",
    "NamedActor",
    "NewArticle",
    "NewLabel",
    "NewProposal",
    "NewsText",
    "Offer",
    "OfferedAs",
    "Opening",
    "Pace",
    "Page",
    "ParsedFeed",
    "Person",
    "Picture",
    "Placement",
    "PlacementKind",
    "PollPlan",
    "Polled",
    "PostOutcome",
    "Posted",
    "Press",
    "PressedStory",
    "Proposal",
    "ProposalKind",
    "ProposalState",
    "Publisher",
    "PulledArticle",
    "PulledHit",
    "QuietHours",
    "Reach",
    "ReadOutcome",
    "ReadResult",
    "Reason",
    "Repair",
    "Report",
    "Route",
    "RunKey",
    "SavedSearch",
    "ScoreOutcome",
    "Scored",
    "ScoredArticle",
    "Search",
    "SearchAlert",
    "SearchOrder",
    "SearchRow",
    "Severity",
    "Shown",
    "Silence",
    "SilenceCount",
    "SilenceMatcher",
    "SiteRules",
    "Status",
    "Step",
    "Story",
    "StoryActor",
    "StoryEdit",
    "StoryEditKind",
    "StoryEvent",
    "StoryMember",
    "StoryText",
    "Subject",
    "TextSource",
    "Thread",
    "Told",
    "TopicScore",
    "TopicText",
    "UpdatePolicy",
    "Verdict",
    "Volume",
    "WeightedTerm",
    "is_of_search",
    "main_parties",
    "salience",
    "tally",
]

"""The question before a classifier is published: a person sees the evaluation and answers in the UI."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowSkipException

from monitor.airflow.notices import enqueue, notice
from monitor.settings import load

PATIENCE = timedelta(days=7)  # then the answer is no: what waits longer was measured on other news


class AskToPublish(ApprovalOperator):
    """Asks whether the version that was trained last may take the place of the published one.

    Skipped, with what follows it, where training made nothing new. Nobody's answer within a week is a no;
    the version stays a candidate either way, and `monitor topics restore` publishes it later.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            subject="May this classifier be published?",
            body="The evaluation stands here when the classifier has been trained.",
            defaults=self.REJECT,
            response_timeout=PATIENCE,
            execution_timeout=None,
            **options,
        )

    def execute(self, context: Any) -> Any:
        from monitor.topics import ballot, versions

        settings = load()
        newest = versions.waiting(settings.classifiers)
        if newest is None:
            raise AirflowSkipException("the training made nothing new: the published classifier stays")
        current = versions.published(settings.classifiers) or "none"
        self.subject = f"May classifier {newest.name} take the place of {current}?"
        self.body = ballot.markdown(newest.verdict, newest.macro_f1)
        context["ti"].xcom_push(key="version", value=newest.name)
        link = self.generate_link_to_ui_from_context(context=context, base_url=settings.web_url)
        hour = f"{datetime.now(UTC):%Y-%m-%dT%H}"
        line = f"Classifier {newest.name} is trained and waits for a yes or no"
        if newest.verdict.reasons:
            line += f"; the gate held it back: {'; '.join(newest.verdict.reasons)}"
        enqueue(
            settings, notice(settings, f"approval:{newest.name}:{hour}", line, "See the evaluation", link)
        )
        return super().execute(context)

"""Feeds: when to poll them, fetching over HTTP, bytes to entries, OPML in and out."""

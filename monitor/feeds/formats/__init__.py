"""What feeds are written in: encodings, broken XML and its repair, dates, JSON Feed, sitemaps (pure)."""

"""What every test shares."""

import reporter.model.places  # noqa: F401  one copy of the time-zone rules, before anything looks one up

"""What every test shares."""

import reporter.text.time_zones  # noqa: F401  one copy of the time-zone rules, before anything looks one up

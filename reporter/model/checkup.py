"""What `reporter doctor` found out, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ok", "warning", "fault"]
OK: State = "ok"
WARNING: State = "warning"
FAULT: State = "fault"


@dataclass(frozen=True)
class Check:
    """One thing looked at: `what` is the key of a sentence in words/doctor.toml, which names the cure as well."""

    name: str
    state: State
    what: str
    said: Mapping[str, object] = field(default_factory=dict)

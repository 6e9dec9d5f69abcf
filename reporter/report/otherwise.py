"""What would change a level, as one sentence: the answer to a question that re-ran the engine. Pure."""

from reporter.model.trace import Counterfactual
from reporter.report.chain import Known, Row, level_word, local


def otherwise_said(answer: Counterfactual, finding: Row, known: Known) -> str:
    """What would change the level, as one sentence."""
    w, language = known.words, known.language
    if not answer.level:
        level = w["not_there"]
    else:
        same = answer.level == finding["level"] and answer.rule == finding["rule"]
        level = w["unchanged" if same else "by_rule"].format(level=level_word(answer.level, language), rule=answer.rule)
    is_all = len(answer.outages) > 1
    at = "" if answer.at is None else local(answer.at, finding, known)
    key = "without_all" if is_all else answer.change
    return w[key].format(at=at, outages=", ".join(answer.outages), level=level)

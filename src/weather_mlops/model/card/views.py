"""The typed views of a model card: plain texts, figures and drawings, which ``templates/card/`` shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from markupsafe import Markup

from weather_mlops.pages.components import NOTHING, Chart, Part, Table


@dataclass(frozen=True, slots=True)
class Plots:
    """Charts next to each other.

    Attributes:
        charts: in their order.
        legend: of all of them.
        is_wide: whether fewer charts stand in a row.
    """

    charts: Sequence[Chart]
    legend: Markup = NOTHING
    is_wide: bool = False
    kind: ClassVar[str] = "plots"


@dataclass(frozen=True, slots=True)
class Folded:
    """A table that opens at a click."""

    title: str
    table: Table
    kind: ClassVar[str] = "folded"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a model.

    Attributes:
        name: what it is.
        text: the fact; the title of the list where there is one.
        quoted: an English text in place of it.
        entries: a list that opens at a click.
    """

    name: str
    text: str
    quoted: str = ""
    entries: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FactList:
    """Facts about a model."""

    facts: Sequence[Fact]
    kind: ClassVar[str] = "fact_list"


CardPart = Part | Plots | Folded | FactList


@dataclass(frozen=True, slots=True)
class CardSection:
    """A section: its name as an anchor, its title, and what it shows."""

    name: str
    title: str
    parts: Sequence[CardPart]


@dataclass(frozen=True, slots=True)
class VersionOutcome:
    """What became of a version.

    Attributes:
        badge: the decision in a word.
        tone: of it, as of ``components.badge``.
        text: what it means, in a sentence.
        decided: when and by whom; empty without a decision.
        reasons: of the decision, in English.
        champion: address and name of the card of the champion, where that is another version.
        history: address of the page of all decisions.
    """

    badge: str
    tone: str
    text: str
    decided: str = ""
    reasons: Sequence[str] = ()
    champion: tuple[str, str] | None = None
    history: str = ""


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The summary of a card.

    Attributes:
        text: what the model is, and how good.
        verdict: whether a baseline is better, one sentence for each that is.
        tone: of the verdict, as of ``components.notice``.
        doubts: reasons to doubt the figures.
        glance: the most important figures.
    """

    text: str
    verdict: Sequence[str]
    tone: str
    doubts: Sequence[str]
    glance: Table


@dataclass(frozen=True, slots=True)
class CardView:
    """A model card.

    Attributes:
        label: what is forecast.
        heading: the same, and how far ahead.
        lead: which model, in a sentence.
        summary: the summary.
        sections: the sections.
        outcome: what became of the version; None = the card is written before that is decided.
    """

    label: str
    heading: str
    lead: str
    summary: SummaryView
    sections: Sequence[CardSection] = field(default_factory=tuple)
    outcome: VersionOutcome | None = None

"""A page as a strict reader sees it: its elements, balanced, and the numbers of its tables."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = ("meta", "link", "br")
Attributes = dict[str, str | None]


class Reader(HTMLParser):
    """tags: (name, attributes); data: all text; numbers: the value of each <data>; raises where
    tags do not balance.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, Attributes]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes), f"{tag} repeats an attribute"
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> inside {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def named(self, *names: str) -> list[Attributes]:
        """The attributes of the elements so named."""
        return [attributes for tag, attributes in self.tags if tag in names]

    @property
    def numbers(self) -> list[float]:
        """What the tables' cells stand for."""
        return [float(str(attributes["value"])) for attributes in self.named("data")]

    @property
    def words(self) -> str:
        """All text but the style sheet's, elements apart, white space as single spaces."""
        return " ".join(" ".join(self.text).split())

"""Printed sheets: for each crew its round on A4, one line a visit, with a box to tick.

Called by the export routes. Never reads the picture: it is given rounds in rows.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from services.council.exports.round_rows import CrewRound, RoundRow, clock

FONT = "Helvetica"
TEXT_PT, HEAD_PT = 9, 14
WIDTHS = (8, 14, 12, 56, 26, 16, 16, 42)
"""Millimetres of the columns: A4 less its margins."""
HEADINGS = ("", "No.", "Time", "Where", "Houses", "Homes", "kg", "Note")
GREY = 235
KINDS = {"tip": "TIP: ", "break": "BREAK"}


def sheets_pdf(rounds: Sequence[CrewRound], council: str, day: date | None, printed: str) -> bytes:
    """Write the sheets of rounds as one PDF, each round on pages of its own.

    Parameters
    ----------
    council, day
        What is printed above.
    printed
        When, in words, below.
    """
    pdf = _Sheets(printed)
    pdf.set_title(_plain(f"{council}: rounds of {day or 'today'}"))
    for one in rounds:
        pdf.add_page()
        pdf.set_font(FONT, "B", HEAD_PT)
        title = f"Round {one.letter}   {one.vehicle}"
        pdf.cell(0, 8, _plain(title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.set_font(FONT, "", TEXT_PT)
        stops = [row for row in one.rows if row.kind == "stop"]
        words = (
            f"{council}   {day.strftime('%A %d %B %Y') if day else ''}   {one.depot}, "
            f"{clock(one.shift_start_s)} to {clock(one.shift_end_s)}   {len(stops)} stops, "
            f"{sum(row.households for row in stops)} homes"
        )
        pdf.cell(0, 6, _plain(words), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(2)
        _table(pdf, one.rows)
    return bytes(pdf.output())


def _table(pdf: FPDF, rows: Sequence[RoundRow]) -> None:
    heading = FontFace(emphasis="BOLD", fill_color=GREY)
    with pdf.table(
        col_widths=WIDTHS, headings_style=heading, line_height=5.2, text_align="LEFT", padding=0.4
    ) as table:
        table.row(HEADINGS)
        for row in rows:
            kg = sum(row.load.values())
            cells = (
                "[x]" if row.state else "[  ]",
                str(row.position),
                clock(row.begin_s),
                _plain(KINDS.get(row.kind, "") + row.street),
                _plain(row.houses),
                str(row.households or ""),
                f"{kg:.0f}" if kg else "",
                _plain("; ".join(word for word in (row.state, row.note) if word)),
            )
            table.row(cells, style=FontFace(emphasis="BOLD") if row.kind != "stop" else None)


class _Sheets(FPDF):
    """Pages with a line below that says when they were printed and which page it is."""

    def __init__(self, printed: str) -> None:
        super().__init__(format="A4")
        self._printed = _plain(printed)
        self.set_margins(10, 10, 10)
        self.set_auto_page_break(True, margin=14)
        self.alias_nb_pages()

    def footer(self) -> None:
        """See FPDF: called at the end of each page."""
        self.set_y(-10)
        self.set_font(FONT, "", 7)
        self.cell(0, 5, f"{self._printed}   page {self.page_no()} of {{nb}}", align="C")


def _plain(text: str) -> str:
    """Text that the PDF's own fonts can show: Latin-1; other letters lose their accents, or become `?`."""
    kept = []
    for letter in text:
        try:
            letter.encode("latin-1")
            kept.append(letter)
        except UnicodeEncodeError:
            base = unicodedata.normalize("NFKD", letter).encode("latin-1", "ignore").decode("latin-1")
            kept.append(base or "?")
    return "".join(kept)

"""Escapes characters that control a terminal. Pure."""

from __future__ import annotations


def escaped(text: str, *, kept: str = "") -> str:
    """Escape characters that control a terminal or change the direction of text, except `kept`.

    A hostile tag must not control the terminal that shows a report, nor the log of CI.
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in kept else sign.encode("unicode_escape").decode() for sign in text
    )

"""Small pieces of HTML. Whatever is not `Html` already is text and gets escaped."""

import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote


class Html(str):
    """Markup, as opposed to text."""

    __slots__ = ()


def markup(content) -> Html:
    """`content` escaped, unless it is markup already; names_like_this may break after their underscores."""
    return content if isinstance(content, Html) else Html(escape(str(content)).replace("_", "_<wbr>"))


def section(title: str, content: str) -> Html:
    """A part of the page; `content` is markup."""
    return Html(f"<section><h2>{escape(title)}</h2>{content}</section>")


def table(
    columns: Sequence[str],
    body: Sequence[Sequence[str]],
    *,
    left: Sequence[int] = (),
    emphasized: Sequence[int] = (),
) -> Html:
    """A table that scrolls sideways on a narrow page; `left` are columns of words, `emphasized` rows to stand out."""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="text">{markup(cell)}</{tag}>' if index in left else f"<{tag}>{markup(cell)}</{tag}>"
            for index, cell in enumerate(row)
        )

    lines = "".join(
        f'<tr class="best">{cells("td", row)}</tr>' if index in emphasized else f"<tr>{cells('td', row)}</tr>"
        for index, row in enumerate(body)
    )
    head = f"<thead><tr>{cells('th', columns)}</tr></thead>"
    return Html(f'<div class="wide"><table>{head}<tbody>{lines}</tbody></table></div>')


def figure(drawing: str) -> Html:
    """A plot, an inline <svg>."""
    return Html(f'<figure class="plot">{drawing}</figure>')


def warning_list(texts: Sequence[str]) -> Html:
    """What the reader must know before believing the numbers above; nothing when there is nothing."""
    items = "".join(f"<li>{markup(text)}</li>" for text in texts)
    return Html(f'<ul class="warnings">{items}</ul>' if items else "")


def missing(what: str, option: str) -> Html:
    """Says what is not on the page, and which option puts it there."""
    return Html(f'<p class="missing">Not shown: {escape(what)} (<code>{escape(option)}</code>).</p>')


def more(count: int, what: str, folder: Path) -> Html:
    """Says how many further pictures lie in `folder`; nothing when the page shows all."""
    if count <= 0:
        return Html("")
    plural = "s" if count > 1 else ""
    return Html(f'<p class="soft">{count} more {what}{plural} in <code>{escape(str(folder))}</code>.</p>')


def details(summary: str, content) -> Html:
    """`content` as indented JSON, folded away."""
    inside = escape(json.dumps(content, indent=2, ensure_ascii=False))
    return Html(f"<details><summary>{escape(summary)}</summary><pre><code>{inside}</code></pre></details>")


def link(path: Path, folder: Path, words: str) -> Html:
    """A relative link to a file that lies below the page's folder, and so travels with it; else nothing."""
    path, folder = path.resolve(), folder.resolve()
    if not path.is_relative_to(folder):
        return Html("")
    target = quote(os.path.relpath(path, folder).replace(os.sep, "/"))
    return Html(f'<a href="{target}">{markup(words)}</a>')

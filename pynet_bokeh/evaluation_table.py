"""What `evaluate` returns as text."""

from collections.abc import Iterator

from pynet_bokeh import scores
from pynet_bokeh.baselines import Disc

TITLES = {"input": "input", "disc": "disc", "masked_disc": "mask", "output": "out"}
GROUPS = (
    ("psnr", "PSNR dB", scores.METHODS, 2),
    ("ssim", "SSIM", scores.METHODS, 3),
    ("lpips", "LPIPS", scores.METHODS, 3),
    ("subject_psnr", "PSNR in subject", scores.METHODS, 2),
    ("subject_sharpness", "subject sharpness", scores.METHODS[1:], 2),  # the input's is 1
    ("background_detail", "background detail", scores.METHODS, 2),
)
"""(figure, heading, whose it is shown, decimals)"""
WIDTH = 5  # of a number; a longer one loses decimals
NOTES = {
    "subject_sharpness": "Subject sharpness: detail inside the subject by that of the input, 1 = as sharp.",
    "background_detail": "Background detail: detail away from the subject by that of the target, 1 = as blurred.",
}


def table(result: dict) -> str:
    """One line per picture, then the mean; what no picture has is left out; no line ends in spaces."""
    rows = [*result["pictures"], {"name": "mean", **result["mean"]}]
    groups = list(_groups(rows))
    wide = max(len("picture"), *(len(row["name"]) for row in rows))
    headings, titles = [" " * wide], [f"{'picture':{wide}}"]
    for figure, heading, methods, _ in groups:
        names = [TITLES[method] for method in methods] + (["gain"] if figure == "psnr" else [])
        titles.append("".join(f" {name:>{WIDTH}}" for name in names))
        headings.append(f"{heading:^{len(titles[-1])}}")
    lines = [_line(headings), _line(titles)]
    for row in rows:
        cells = [f"{row['name']:{wide}}"]
        for figure, _, methods, decimals in groups:
            numbers = [_number((row[method] or {}).get(figure), decimals) for method in methods]
            cells.append("".join(numbers + ([_number(row["gain"], decimals, "+")] if figure == "psnr" else [])))
        lines.append(_line(cells))
    lines.insert(-1, "-" * len(lines[1]))
    return "\n".join([*_head(result), "", *lines, *_notes(result, groups)])


def _line(cells: list[str]) -> str:
    return " ".join(cells).rstrip()


def _groups(rows: list[dict]) -> Iterator[tuple]:
    """The groups of columns with the methods that have a figure in any row."""
    for figure, heading, methods, decimals in GROUPS:
        there = [method for method in methods if any((row[method] or {}).get(figure) is not None for row in rows)]
        if there:
            yield figure, heading, there, decimals


def _number(value: float | None, decimals: int, sign: str = "") -> str:
    """A space and at least `WIDTH` letters: as many of the decimals as there is room for, no digit before them cut."""
    if value is None:
        return " " + "–".rjust(WIDTH)
    texts = (f"{value:{sign}{WIDTH}.{places}f}" for places in range(decimals, -1, -1))
    return " " + next((text for text in texts if len(text) <= WIDTH), f"{value:{sign}.0e}")


def _head(result: dict) -> list[str]:
    given = "" if result.get("extra_given", True) else ", no map given"
    lines = [f"model  {result['model']}", f"data   {result['data']}{given}"]
    for method, values in result["discs"].items():
        if values:
            lines.append(f"{TITLES[method]:5}  {Disc(**values)}")
    if result["gain_matched"]:
        lines.append("gain   matched to the target's, picture by picture")
    return lines


def _notes(result: dict, groups: list[tuple]) -> list[str]:
    figures = [figure for figure, *_ in groups]
    notes = [text for figure, text in NOTES.items() if figure in figures]
    capped = [row[method]["psnr"] for row in result["pictures"] for method in scores.METHODS if row[method] is not None]
    if scores.MAX_PSNR in capped:
        notes.append(f"{scores.MAX_PSNR:.0f} dB stands for equal pictures.")
    return notes

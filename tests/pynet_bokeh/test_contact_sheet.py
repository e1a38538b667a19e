import numpy as np

from pynet_bokeh.contact_sheet import HEIGHT, WIDEST, Cell, contact_sheet, strip, thumbnail


def flat(value, height=HEIGHT, width=300):
    return np.full((height, width, 3), value, np.uint8)


def test_a_strip():
    result = strip(flat(10, 50, 40), flat(20, 50, 30))
    assert result.shape == (50, 74, 3)
    assert (result[:, :40] == 10).all() and (result[:, 40:44] == 255).all() and (result[:, 44:] == 20).all()


def test_thumbnails_keep_their_shape():
    assert thumbnail(flat(0, 1000, 1500)).shape == (HEIGHT, HEIGHT * 3 // 2, 3)
    assert thumbnail(flat(0, 100, 1000)).shape == (WIDEST // 10, WIDEST, 3)
    assert thumbnail(np.zeros((2 * HEIGHT, HEIGHT), np.uint8)).shape == (HEIGHT, HEIGHT // 2)


def test_every_picture_is_on_the_sheet_in_its_place_and_text_is_beside_it():
    values = (40, 90, 140, 190)
    colours = {value: np.array([value, 0, 255], np.uint8) for value in values}  # letters are grey
    cells = [Cell(flat(0) + colour, (f"value {value}",)) for value, colour in colours.items()]
    sheet = contact_sheet(["left", "right"], [cells[:2], cells[2:]], heading=("a heading",))
    tops, lefts = {}, {}
    for value in values:
        rows, columns = np.nonzero((sheet == colours[value]).all(axis=-1))
        assert len(rows) == HEIGHT * 300 and np.ptp(rows) == HEIGHT - 1 and np.ptp(columns) == 299
        tops[value], lefts[value] = rows.min(), columns.min()
    assert tops[40] == tops[90] < tops[140] == tops[190]
    assert lefts[40] == lefts[140] < lefts[90] == lefts[190]
    below = sheet[tops[40] + HEIGHT : tops[140], lefts[40] : lefts[40] + 300]
    above = sheet[: tops[40], lefts[40] : lefts[40] + 300]
    assert below.min() < 50 and above.min() < 50  # a caption; a title and the heading
    assert (sheet[:, -3:] == 255).all() and (sheet[-3:] == 255).all()


def test_an_empty_place_and_a_long_caption():
    words = "many words " * 8
    sheet = contact_sheet(["first", "second"], [[Cell(None, ("none",)), Cell(flat(0, 40, 10), (words,))]])
    short = contact_sheet(["first", "second"], [[Cell(None, ("none",)), Cell(flat(0, 40, 10))]])
    assert sheet.shape[1] > short.shape[1] + 300
    # A title counts too: the columns' titles don't run into each other.
    assert short.shape[1] > contact_sheet(["f", "s"], [[Cell(None), Cell(flat(0, 40, 10))]]).shape[1] + 20

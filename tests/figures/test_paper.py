"""Paper figures: everything is in them, nothing is cut off, and the files are what journals take."""

from __future__ import annotations

import json
import threading
from io import BytesIO

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.patches import Wedge
from PIL import Image
from pypdf import PdfReader

import ghviz
from ghviz.figures import style
from ghviz.figures.palette import class_colors
from ghviz.figures.paper import PaperSide, save, twin_figure
from ghviz.types import ClassTable
from tests.figures.samples import CLASSES, LABELS, points, sides

CAMERA = [0.9, 0.3, -0.2, 0.1]


def texts(figure):
    return [text for axes in figure.axes for text in axes.texts if text.get_text()]


def written(figure, format):
    buffer = BytesIO()
    save(figure, buffer, format)
    return buffer.getvalue()


def fonts(reader):
    found = []
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()
            inner = inner["/DescendantFonts"][0].get_object() if "/DescendantFonts" in inner else inner
            found.append((inner["/Subtype"], inner["/BaseFont"], inner["/FontDescriptor"].get_object()))
    return found


@pytest.fixture(params=["circle", "globe", "atlas"])
def figure(request):
    base, gh = sides(2 if request.param == "circle" else 3)
    view = "atlas" if request.param == "atlas" else "globe"
    return twin_figure(base, gh, CLASSES, camera=CAMERA, view=view, step=2800)


def test_it_says_everything(figure):
    words = " ".join(text.get_text() for text in texts(figure))
    for expected in (
        "(a)  SimCLR",
        "(b)  SimCLR + GH",
        "0.57",
        "tail gap",
        "1  zero",
        "60",
        "6  five",
    ):
        assert expected in words


def test_how_to_read_it_stands_in_the_file_not_in_the_picture(figure):
    words = " ".join(text.get_text() for text in texts(figure))
    for caption in (
        PdfReader(BytesIO(written(figure, "pdf"))).metadata["/Subject"],
        Image.open(BytesIO(written(figure, "png"))).text["Description"],
    ):
        assert "(a) SimCLR and (b) SimCLR + GH at step 2,800." in caption
        assert "Diamonds: GH's vertices." in caption
        assert "numbers of training samples" in caption
        for sentence in caption.split(". "):
            assert sentence not in words
    assert b"class of the nearest embedding" in written(figure, "svg")


def test_no_text_is_cut_off_or_smaller_than_six_points(figure):
    renderer = figure.canvas.get_renderer()
    width, height = figure.get_size_inches() * figure.dpi
    for text in texts(figure):
        box = text.get_window_extent(renderer)
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()
        assert text.get_fontsize() >= 6.5


@pytest.mark.parametrize("width", ["full", "column"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_text_below_the_pictures_does_not_overlap(dimension, width):
    figure = twin_figure(*sides(dimension), CLASSES, width=width, venue="cvpr")
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.axes[0].texts]
    for i, (one, first) in enumerate(boxes):
        for other, second in boxes[i + 1 :]:
            assert not first.padded(-2).overlaps(second.padded(-2)), (one, other)


def test_pdf_is_small_vector_with_truetype_fonts(figure):
    content = written(figure, "pdf")
    reader = PdfReader(BytesIO(content))
    assert len(content) < 500_000
    assert len(reader.pages) == 1
    assert len(reader.pages[0].images) == 0
    assert fonts(reader)
    for kind, name, descriptor in fonts(reader):
        assert kind in ("/TrueType", "/CIDFontType2")
        assert "STIX" in name
        assert "/FontFile2" in descriptor


def test_svg_has_neither_pixels_nor_foreign_fonts(figure):
    content = written(figure, "svg").decode()
    assert "<image" not in content
    assert "<text" not in content
    assert len(content) < 1_000_000


@pytest.mark.parametrize("format", ["pdf", "svg", "png"])
def test_equal_figures_give_equal_bytes(format):
    first, second = (written(twin_figure(*sides(3), CLASSES, camera=CAMERA), format) for _ in range(2))
    assert first == second


def test_files_say_who_made_them_and_from_where(tmp_path):
    figure = twin_figure(*sides(3), CLASSES, camera=CAMERA)
    save(figure, tmp_path / "figure.pdf", "pdf")
    metadata = PdfReader(tmp_path / "figure.pdf").metadata
    assert metadata["/Creator"] == f"ghviz {ghviz.__version__}"
    assert json.loads(metadata["/Keywords"]) == {"figure": "twin", "camera": CAMERA, "view": "globe"}
    assert "/CreationDate" not in metadata
    assert b"ghviz" in written(figure, "svg")
    assert b'"camera": [0.9' in written(figure, "png")


def test_the_ring_has_the_territories():
    base, gh = sides(2)
    starts, classes = np.array([0.5, 2.0, 4.0]), np.array([0, 3, 5])
    given = PaperSide(
        title=base.title, coordinates=base.coordinates, labels=base.labels, territory=(starts, classes)
    )
    figure = twin_figure(given, gh, CLASSES)
    wedges = [patch for patch in figure.axes[1].patches if isinstance(patch, Wedge)]
    assert [patch.theta1 for patch in wedges] == pytest.approx(np.degrees(starts))
    assert wedges[-1].theta2 == pytest.approx(np.degrees(0.5) + 360)
    assert [patch.get_facecolor() for patch in wedges] == [
        pytest.approx([int(class_colors(6)[label][i : i + 2], 16) / 255 for i in (1, 3, 5)] + [1])
        for label in classes
    ]


def test_a_circle_turns_with_the_camera():
    base, gh = sides(2)
    turned = twin_figure(base, gh, CLASSES, camera=[np.cos(0.4), 0, 0, np.sin(0.4)])
    still = twin_figure(base, gh, CLASSES)
    angles = [
        sorted(patch.theta1 % 360 for patch in figure.axes[1].patches if isinstance(patch, Wedge))
        for figure in (still, turned)
    ]
    moved = sorted((angle + np.degrees(0.8)) % 360 for angle in angles[0])
    assert moved == pytest.approx(angles[1])


def test_a_globe_shows_near_points_in_front_and_far_ones_small():
    base, gh = sides(3)
    figure = twin_figure(base, gh, CLASSES)
    front, back = figure.axes[1], figure.axes[2]
    shown = [
        sum(len(line.get_xdata()) for line in axes.lines if line.get_zorder() == 4) for axes in (front, back)
    ]
    assert shown == [(base.coordinates[:, 2] > 0).sum(), (base.coordinates[:, 2] < 0).sum()]
    assert front.get_position().width > 2 * back.get_position().width


def test_painted_areas_of_the_atlas_are_the_territory_shares():
    base, gh = sides(3)
    figure = twin_figure(base, gh, CLASSES, view="atlas")
    filled = [child for child in figure.axes[1].get_children() if isinstance(child, QuadContourSet)]
    directions = np.random.default_rng(0).standard_normal((20_000, 3))
    nearest = LABELS[np.argmax(directions @ base.coordinates.T, axis=1)]
    shares = np.bincount(nearest, minlength=6) / len(nearest)
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 161), np.linspace(-1, 1, 81)), axis=-1).reshape(-1, 2)
    grid = grid[(grid[:, 0] / 2) ** 2 + grid[:, 1] ** 2 < 0.999]
    painted = [sum(path.contains_points(grid).mean() for path in contour.get_paths()) for contour in filled]
    assert painted == pytest.approx(shares[shares > 0.0005], abs=0.012)
    assert sum(painted) == pytest.approx(1, abs=0.01)


def test_vertices_are_drawn_only_where_given():
    def diamonds(figure):
        return sum(line.get_marker() == "D" for axes in figure.axes for line in axes.lines)

    assert diamonds(twin_figure(*sides(2), CLASSES)) == 1
    assert diamonds(twin_figure(*sides(2, targets=False), CLASSES)) == 0
    assert "Diamonds" not in style.label_of(twin_figure(*sides(2, targets=False), CLASSES))[0]


def test_tail_spokes_are_dashed():
    figure = twin_figure(*sides(2), CLASSES)
    drawn = [line for line in figure.axes[1].lines if 6 <= line.get_zorder() < 7]
    spokes, tips = drawn[::2], drawn[1::2]
    assert [line.is_dashed() for line in spokes] == [False] * 3 + [True] * 3
    assert [line.get_markerfacecolor() == "#ffffff" for line in tips] == [False] * 3 + [True] * 3


def test_spokes_end_inside_the_points():
    axes = twin_figure(*sides(2), CLASSES).axes[1]
    reach = [np.hypot(*line.get_data()).max() for line in axes.lines if 6 <= line.get_zorder() < 7]
    dots = [np.hypot(*line.get_data()).min() for line in axes.lines if line.get_zorder() == 4]
    assert max(reach) < min(dots)


def test_names_with_dollar_signs_and_short_names():
    names = ("7", "$2", "a", "b", "c", "d")
    figure = twin_figure(*sides(2), ClassTable(names=names, counts=CLASSES.counts))
    words = [text.get_text() for text in figure.axes[1].texts]
    assert set(words) <= set(names)
    written(figure, "pdf")


def test_many_classes_get_a_scale_instead_of_names():
    counts = tuple(range(60, 0, -1))
    labels = np.repeat(np.arange(60), 2)
    cloud = points(3, spread=0.5)[:120]
    side = PaperSide(title="SimCLR", coordinates=cloud, labels=labels)
    figure = twin_figure(side, side, ClassTable(names=tuple(f"class {i}" for i in range(60)), counts=counts))
    words = [text.get_text() for text in texts(figure)]
    assert "class 0  (60)" in words
    assert "class 59  (1)" in words
    assert len(words) < 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coordinates": np.zeros((120, 4))}, r"\(n, 2\) or \(n, 3\)"),
        ({"coordinates": np.zeros((0, 2)), "labels": np.zeros(0, int)}, r"got \(0, 2\)"),
        ({"labels": LABELS[:-1]}, "one label a row"),
        ({"labels": LABELS + 1}, r"labels must lie in 0\.\.5, got 1 to 6"),
        ({"coordinates": points(3, spread=0.1)}, "same dimension"),
        ({"coordinates": np.full((120, 2), np.nan)}, "finite"),
    ],
)
def test_wrong_sides_are_refused_in_one_sentence(change, message):
    base, gh = sides(2)
    wrong = {"coordinates": base.coordinates, "labels": base.labels} | change
    with pytest.raises(ValueError, match=message):
        twin_figure(PaperSide(title="SimCLR", **wrong), gh, CLASSES)


def test_widths_of_venues():
    assert style.inches("full") == pytest.approx(5.5)
    assert style.inches("column", venue="icml") == pytest.approx(3.25)
    assert style.inches(4) == 4
    with pytest.raises(ValueError, match=r"between 2\.5 and 20"):
        style.inches(0.5)
    with pytest.raises(ValueError, match="expected a venue among"):
        style.inches("half")


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="'pdf', 'svg' or 'png', got 'gif'"):
        save(twin_figure(*sides(2), CLASSES), BytesIO(), "gif")


def test_two_threads_draw_the_same():
    results = {}

    def draw(name):
        results[name] = written(twin_figure(*sides(2), CLASSES), "svg")

    threads = [threading.Thread(target=draw, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["a"] == results["b"]

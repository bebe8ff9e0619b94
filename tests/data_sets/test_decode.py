import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from ghviz.data.decode import BrokenImageError, decoded_image

COLOR = (200, 100, 50)


def saved(tmp_path, image, name="x.png", **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


def plain(mode, color, size=(40, 30)):
    return Image.new(mode, size, color)


@pytest.mark.parametrize(
    ("image", "name", "expected"),
    [
        (plain("RGB", COLOR), "x.png", COLOR),
        (plain("RGB", COLOR), "x.bmp", COLOR),
        (plain("L", 77), "x.png", (77, 77, 77)),
        (plain("1", 1), "x.png", (255, 255, 255)),
        (plain("P", 0).convert("RGB").quantize(4), "x.png", (0, 0, 0)),
        (plain("I;16", 77 * 257), "x.png", (77, 77, 77)),
        (plain("I;16", 200 * 257 + 100), "x.png", (200, 200, 200)),
        (plain("I;16", 65535), "x.png", (255, 255, 255)),
        (plain("RGBA", (*COLOR, 255)), "x.png", COLOR),
        (plain("RGBA", (*COLOR, 0)), "x.png", (255, 255, 255)),
        (plain("RGBA", (0, 0, 0, 51)), "x.png", (204, 204, 204)),
        (plain("LA", (0, 0)), "x.png", (255, 255, 255)),
        (plain("CMYK", (0, 255, 255, 0)), "x.jpg", (255, 0, 0)),
        (plain("CMYK", (0, 0, 0, 255)), "x.jpg", (0, 0, 0)),
        (plain("L", 77), "x.jpg", (77, 77, 77)),
    ],
)
def test_every_kind_becomes_rgb(tmp_path, image, name, expected):
    decoded = decoded_image(saved(tmp_path, image, name), 16)
    assert decoded.shape == (3, 16, 16)
    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous
    tolerance = 2 if name.endswith("jpg") else 0
    np.testing.assert_allclose(decoded.transpose(1, 2, 0), np.full((16, 16, 3), expected), atol=tolerance)


def test_a_palette_with_a_transparent_color_lies_over_white(tmp_path):
    image = plain("P", 0)
    image.putpalette([10, 20, 30, *COLOR])
    image.paste(1, (0, 0, 20, 30))
    decoded = decoded_image(saved(tmp_path, image, transparency=0), 16)
    np.testing.assert_allclose(decoded[:, 8, 2], COLOR, atol=2)
    assert decoded[:, 8, 14].tolist() == [255, 255, 255]


@pytest.mark.parametrize("wide", [True, False])
def test_the_middle_square_at_the_size_asked_for(tmp_path, wide):
    """Columns (or rows) count 0 to 119: of 120 x 60 the middle 30 to 89 is kept, at half the size."""
    ramp = np.tile(np.arange(120, dtype=np.uint8), (60, 1))
    decoded = decoded_image(saved(tmp_path, Image.fromarray(ramp if wide else ramp.T)), 30)
    expected = np.tile(30.5 + 2 * np.arange(30), (30, 1))
    seen = decoded[0] if wide else decoded[0].T
    np.testing.assert_allclose(seen[:, 1:-1], expected[:, 1:-1], atol=1)


def test_a_small_image_is_enlarged(tmp_path):
    assert decoded_image(saved(tmp_path, plain("RGB", COLOR, (3, 5))), 16).shape == (3, 16, 16)
    assert decoded_image(saved(tmp_path, plain("RGB", COLOR, (1, 400))), 16)[:, 3, 3].tolist() == [*COLOR]


def test_a_large_jpeg_is_shrunk_as_well_as_it_would_be_in_full(tmp_path):
    from sklearn.datasets import load_sample_image

    photograph = Image.fromarray(load_sample_image("china.jpg")[:400, 100:500]).resize((1600, 1600))
    ours = decoded_image(saved(tmp_path, photograph, "x.jpg", quality=95), 256)
    full = np.asarray(photograph.resize((256, 256), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    assert np.abs(ours.astype(int) - full).mean() < 1.5


def test_a_photograph_stands_as_its_camera_says(tmp_path):
    image = plain("RGB", (0, 0, 0))
    image.paste((255, 255, 255), (0, 0, 20, 30))  # left half white
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise
    decoded = decoded_image(saved(tmp_path, image, "x.jpg", exif=exif), 16)
    assert decoded[0, 2].min() > 200  # the top is white
    assert decoded[0, 13].max() < 50


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about odd files; the cache hides them too
@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "webp", "bmp", "tif"])
def test_a_cut_off_image_is_broken(tmp_path, ending):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), f"x.{ending}")
    decoded_image(path, 16)
    for length in (path.stat().st_size // 2, 20, 0):
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(BrokenImageError):
            decoded_image(path, 16)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("seed", range(20))
def test_damage_anywhere_is_broken_or_read_and_nothing_else(tmp_path, seed):
    rng = np.random.default_rng(seed)
    for ending in ("png", "jpg", "gif", "tif", "webp"):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)).save(
            buffer, {"jpg": "jpeg", "tif": "tiff"}.get(ending, ending)
        )
        raw = bytearray(buffer.getvalue())
        for place in rng.integers(0, min(len(raw), 200), 4):
            raw[place] = rng.integers(256)
        path = tmp_path / f"x.{ending}"
        path.write_bytes(raw)
        with contextlib.suppress(BrokenImageError):
            assert decoded_image(path, 8).shape == (3, 8, 8)


def test_reasons_are_a_few_words(tmp_path):
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "folder.jpg").mkdir()
    saved(tmp_path, plain("F", 0.5), "float.tif")
    for name, reason in (
        ("gone.jpg", "missing"),
        ("text.jpg", "not an image"),
        ("folder.jpg", "is a directory"),
        ("float.tif", "its pixels are floating-point numbers"),
    ):
        with pytest.raises(BrokenImageError, match=f"^{reason}$"):
            decoded_image(tmp_path / name, 8)


@pytest.mark.parametrize(
    ("error", "is_passing"),
    [
        (PermissionError(13, "Permission denied"), True),
        (OSError(5, "Input/output error"), True),
        (OSError(24, "Too many open files"), True),
        (MemoryError(), True),
        (OSError("image file is truncated"), False),
        (OSError(22, "Invalid argument"), False),  # a file that points before its own beginning
        (SyntaxError("broken PNG file"), False),
    ],
)
def test_faults_of_the_system_are_told_from_those_of_the_file(tmp_path, monkeypatch, error, is_passing):
    def failing(*_):
        raise error

    monkeypatch.setattr(Image, "open", failing)
    with pytest.raises(BrokenImageError) as raised:
        decoded_image(tmp_path / "x.png", 16)
    assert raised.value.is_passing == is_passing

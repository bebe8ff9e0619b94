import os
import shutil
import time
from collections import namedtuple

import numpy as np
import pytest
from PIL import Image

from ghviz.data import image_cache
from ghviz.data.decode import BrokenImageError, decoded_image
from ghviz.data.image_cache import UnreadableImagesError, cached_images, stored_side
from tests.data_sets.photos import cut_off

SIZE = 14  # stored as 16


@pytest.fixture
def files(tmp_path):
    paths = []
    for number in range(10):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3)).astype(np.uint8)
        paths.append(tmp_path / "images" / f"{number}.jpg")
        paths[-1].parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(paths[-1])
    return paths


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def cached(cache, *lists):
    return cached_images(lists, image_size=SIZE, folder=cache)


@pytest.fixture
def decoded(monkeypatch):
    """Names of the files that were decoded, one after the other."""
    names = []

    def recording(path, side):
        names.append(path.name)
        return decoded_image(path, side)

    monkeypatch.setattr(image_cache, "decoded_image", recording)
    return names


def contents(folder):
    return sorted(path.suffix for path in folder.iterdir())


def test_what_is_stored_for_views():
    assert (stored_side(224), stored_side(14), stored_side(32)) == (256, 16, 37)


def test_each_list_becomes_a_map_of_its_images_in_order(files, cache):
    first, second = cached(cache, files[:7], files[7:])
    assert isinstance(first, np.memmap)
    assert not first.flags.writeable
    assert (first.shape, second.shape) == ((7, 3, 16, 16), (3, 3, 16, 16))
    for image, path in zip([*first, *second], files, strict=True):
        np.testing.assert_array_equal(image, decoded_image(path, 16))
    assert contents(cache) == [".npy", ".npy"]
    np.testing.assert_array_equal(
        np.load(next(iter(cache.iterdir())), allow_pickle=False).shape[1:], (3, 16, 16)
    )


def test_the_second_start_decodes_nothing(files, cache, decoded):
    first = np.array(cached(cache, files)[0])
    assert len(decoded) == 10
    np.testing.assert_array_equal(cached(cache, files)[0], first)
    assert len(decoded) == 10
    cached(cache, files[1:])
    assert len(decoded) == 19, "another list is another file"
    cached_images([files], image_size=SIZE + 7, folder=cache)
    assert len(decoded) == 29, "as is another size"


def test_a_changed_image_is_decoded_again(files, cache, decoded):
    cached(cache, files)
    Image.new("RGB", (8, 8), "red").save(files[4])
    assert cached(cache, files)[0][4, 0].min() > 250
    moment = files[5].stat().st_mtime_ns + 1_000_000
    os.utime(files[5], ns=(moment, moment))
    cached(cache, files)
    assert len(decoded) == 30


@pytest.mark.parametrize("damage", [cut_off, lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_a_damaged_cache_is_written_anew(files, cache, decoded, damage):
    first = np.array(cached(cache, files)[0])
    damage(next(iter(cache.iterdir())))
    np.testing.assert_array_equal(cached(cache, files)[0], first)
    assert len(decoded) == 20


def test_all_broken_and_missing_images_are_found_before_anything_is_said(files, cache):
    cut_off(files[1])
    files[3].write_text("no image")
    files[8].unlink()
    with pytest.raises(UnreadableImagesError) as raised:
        cached(cache, files[:7], files[7:])
    assert [each.path for each in raised.value.failures] == [str(files[i]) for i in (1, 3, 8)]
    assert "truncated" in raised.value.failures[0].reason.lower()
    assert [each.reason for each in raised.value.failures[1:]] == ["not an image", "missing"]
    text = str(raised.value)
    assert text.startswith("3 of 10 images are missing or broken, mend them or set skip_broken")
    assert "\n" not in text
    assert "more" not in text
    assert f"{files[8]} (missing)" in text


def test_the_verdict_and_the_good_images_are_remembered(files, cache, decoded):
    cut_off(files[1])
    for _ in range(2):
        with pytest.raises(UnreadableImagesError, match="1 of 10 images"):
            cached(cache, files)
        assert len(decoded) == 10
    good = files[:1] + files[2:]
    np.testing.assert_array_equal(cached(cache, good)[0][1], decoded_image(files[2], 16))
    assert len(decoded) == 10, "the others were kept"
    Image.new("RGB", (8, 8), "red").save(files[1])  # mended
    assert cached(cache, files)[0].shape[0] == 10


def test_a_fault_that_may_pass_is_looked_at_anew_at_each_start(files, cache, decoded, monkeypatch):
    """A file that may not be read keeps its size and time of change when it may."""
    cut_off(files[2])
    reading = Image.open
    forbidden = [files[5]]

    def open_(path, *arguments):
        if path in forbidden:
            raise PermissionError(13, "Permission denied")
        return reading(path, *arguments)

    monkeypatch.setattr(Image, "open", open_)
    for _ in range(2):
        decoded.clear()
        with pytest.raises(UnreadableImagesError, match=r"2 of 10 .*5\.jpg \(permission denied\)"):
            cached(cache, files)
    assert decoded == ["5.jpg"], "the others are not tried again"
    forbidden.clear()
    with pytest.raises(UnreadableImagesError, match=r"1 of 10 .*2\.jpg"):
        cached(cache, files)
    shutil.copy(files[0], files[2])
    forbidden.append(files[5])
    with pytest.raises(UnreadableImagesError, match=r"1 of 10 .*5\.jpg"):
        cached(cache, files)
    forbidden.clear()
    assert len(cached(cache, files)[0]) == 10
    decoded.clear()
    assert len(cached(cache, files)[0]) == 10
    assert decoded == []


def test_pillows_warnings_about_odd_files_are_not_a_persons_business(files, cache, tmp_path):
    path = tmp_path / "x.tif"
    Image.new("RGB", (64, 64)).save(path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.warns(UserWarning, match="Truncated"), pytest.raises(BrokenImageError):
        decoded_image(path, 16)
    with pytest.raises(UnreadableImagesError, match=r"x\.tif"):  # warnings are errors in tests
        cached(cache, [*files, path])
    assert "UserWarning" not in next(cache.glob("*.json")).read_text()


def test_a_message_names_twenty_and_counts_all(cache, tmp_path):
    with pytest.raises(UnreadableImagesError) as raised:
        cached(cache, [tmp_path / f"{number}.jpg" for number in range(1234)])
    text = str(raised.value)
    assert text.startswith("1,234 of 1,234 images are missing or broken")
    assert text.count(".jpg (missing)") == 20
    assert text.endswith(" and 1,214 more")
    assert not cache.exists(), "nothing was begun"


def test_no_room_is_said_before_anything_is_decoded(files, cache, decoded, monkeypatch):
    usage = namedtuple("usage", "total used free")
    needed = 10 * 3 * 16 * 16
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 0, needed - 1))
    with pytest.raises(
        ValueError, match=r"need 7.7 kB in .*cache, 7.7 kB are free: set cache_path"
    ) as raised:
        cached(cache, files[:5], files[5:])
    assert "\n" not in str(raised.value)
    assert decoded == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 0, needed))
    cached(cache, files[:5], files[5:])


def test_a_full_disk_is_one_sentence_and_leaves_nothing(files, cache, monkeypatch):
    def full(file, plan):
        file.write(b"begun")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image_cache, "_write_images", full)
    with pytest.raises(ValueError, match=r"can't be kept in .* \(No space left on device\): set cache_path"):
        cached(cache, files)
    assert contents(cache) == []


def test_an_interruption_leaves_nothing(files, cache, monkeypatch):
    def interrupted(path, side):
        raise KeyboardInterrupt

    monkeypatch.setattr(image_cache, "decoded_image", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cached(cache, files)
    assert contents(cache) == []


def test_a_cache_that_is_no_folder(files, cache):
    cache.write_text("a file")
    with pytest.raises(ValueError, match=r"can't be kept in .*cache .*: set cache_path to another folder"):
        cached(cache, files)


def test_what_was_left_unfinished_goes_after_a_day(files, cache):
    cache.mkdir()
    for name, age in (("old.part", 100_000), ("new.part", 10)):
        (cache / name).write_bytes(b"x")
        os.utime(cache / name, (time.time() - age, time.time() - age))
    cached(cache, files)
    assert sorted(path.name for path in cache.glob("*.part")) == ["new.part"]


def test_many_broken_images_of_many(tmp_path, cache, capfd, monkeypatch):
    """Numbers of rows of other lengths fit into the header; how far it has come is said."""
    monkeypatch.setattr(image_cache, "SAY_EVERY", 0)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "0.png")
    paths = [tmp_path / f"{number}.png" for number in range(1100)]
    for path in paths[1:6]:
        shutil.copy(paths[0], path)
    with pytest.raises(UnreadableImagesError, match="1,094 of 1,100 images"):
        cached(cache, paths)
    said = capfd.readouterr().err
    assert f"Decoding 1,100 images into {cache} (844.8 kB), this once" in said
    assert "256 of 1,100" in said
    images = cached(cache, paths[:6])[0]
    assert images.shape == (6, 3, 16, 16)
    assert images[:, 0].min() > 250

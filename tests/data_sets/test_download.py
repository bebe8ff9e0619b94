import errno
import hashlib
import pathlib

import pytest

from ghviz.data.download import cached_file

CONTENT = bytes(range(256)) * 9000  # more than two chunks
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "thing.bin").write_bytes(CONTENT)
    return folder


def test_a_missing_file_is_downloaded_once(serve, site, tmp_path, capsys):
    cache = tmp_path / "a" / "cache"
    with serve(site) as address:
        path = cached_file(f"{address}/thing.bin", cache, md5=MD5)
    assert path == cache / "thing.bin"
    assert path.read_bytes() == CONTENT
    assert [entry.name for entry in cache.iterdir()] == ["thing.bin"]
    assert f"Downloading thing.bin (2 MB) to {cache}" in capsys.readouterr().err
    assert cached_file("http://127.0.0.1:1/thing.bin", cache, md5=MD5) == path  # nobody is asked any more
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("truncating", "md5"), [(True, MD5), (False, "0" * 32)], ids=["connection lost", "another file"]
)
def test_a_damaged_download_leaves_nothing(serve, site, tmp_path, truncating, md5):
    cache = tmp_path / "cache"
    with serve(site, truncating=truncating) as address:
        with pytest.raises(ValueError, match=r"try again|could not download") as raised:
            cached_file(f"{address}/thing.bin", cache, md5=md5)
        assert "\n" not in str(raised.value)
        assert list(cache.iterdir()) == []
    with serve(site) as address:
        assert cached_file(f"{address}/thing.bin", cache, md5=MD5).read_bytes() == CONTENT


def test_offline_says_where_to_put_the_file(tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(ValueError, match=r"could not download http://127.0.0.1:1/thing.bin") as raised:
        cached_file("http://127.0.0.1:1/thing.bin", cache, md5=MD5)
    assert f"put thing.bin into {cache} yourself" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_page_that_is_gone(serve, site, tmp_path):
    with serve(site) as address, pytest.raises(ValueError, match=r"could not download .*other.bin \("):
        cached_file(f"{address}/other.bin", tmp_path / "cache", md5=MD5)


def test_a_damaged_file_in_the_cache_is_named_and_kept(tmp_path):
    (tmp_path / "thing.bin").write_bytes(b"half")
    with pytest.raises(ValueError, match=r"thing.bin is damaged .*: delete it"):
        cached_file("http://127.0.0.1:1/thing.bin", tmp_path, md5=MD5)
    assert (tmp_path / "thing.bin").read_bytes() == b"half"


def test_a_file_in_place_of_the_folder(serve, site, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with serve(site) as address, pytest.raises(ValueError, match="could not download"):
        cached_file(f"{address}/thing.bin", tmp_path / "cache", md5=MD5)


def test_a_full_disk_leaves_nothing(serve, site, tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "replace", full)
    cache = tmp_path / "cache"
    with serve(site) as address, pytest.raises(ValueError, match="No space left on device"):
        cached_file(f"{address}/thing.bin", cache, md5=MD5)
    assert list(cache.iterdir()) == []

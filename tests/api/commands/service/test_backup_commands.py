from pathlib import Path

from documents import refused, run
from stored_sites import NOW, stored_document

from ridethrough.api.commands.service.store_options import url_of
from ridethrough.store.database import open_database
from ridethrough.store.sites import put_site, read_stored_site


def _kept(folder: Path) -> None:
    database = open_database(url_of(folder))
    with database.writing() as connection:
        put_site(connection, "pod", stored_document(), now=NOW, by="test")
    database.close()


def test_a_data_folder_comes_back_from_its_backup(tmp_path: Path) -> None:
    _kept(tmp_path / "data")
    assert run("backup", tmp_path / "data", tmp_path / "backup").code == 0
    restored = run("restore", tmp_path / "backup", tmp_path / "new" / "data")
    assert restored.code == 0
    assert "rows are restored" in restored.out
    database = open_database(url_of(tmp_path / "new" / "data"))
    with database.reading() as connection:
        site = read_stored_site(connection, "pod")
    database.close()
    assert site is not None
    assert site.document == stored_document()


def test_what_cannot_be_backed_up_or_restored_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "a folder with ridethrough.db in it" in refused("backup", tmp_path / "empty", tmp_path / "backup")[0]
    assert list((tmp_path / "empty").iterdir()) == []
    _kept(tmp_path / "data")
    assert "a file that can be written" in refused("backup", tmp_path / "data", tmp_path / "none" / "backup")[0]
    assert "a file that can be read" in refused("restore", tmp_path / "backup", tmp_path / "data")[0]
    run("backup", tmp_path / "data", tmp_path / "backup")
    assert "not empty" in refused("restore", tmp_path / "backup", tmp_path / "data")[0]
    assert "not one we know" in refused("backup", "mysql://root@127.0.0.1/x", tmp_path / "backup")[0]

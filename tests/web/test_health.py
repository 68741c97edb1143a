"""What the proxy asks: can this installation work?"""

import shutil
from collections import namedtuple

import pytest
from sqlalchemy import update

from mengya_health.app import create_app
from mengya_health.db import open_session
from mengya_health.people.models import Deployment

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def disk(monkeypatch):
    """Say how full the disk is."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(100, 50, 50))
    return lambda free: monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(100, 100 - free, free))


def test_a_healthy_installation_says_so_to_everybody(installation, disk):
    answer = create_app(installation).test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json() == {"database": True, "keyring": True, "disk": True, "history": True}


def test_the_question_waits_for_no_writer(installation, disk):
    app = create_app(installation)
    with open_session(installation.engine, writing=True) as writer:
        writer.execute(update(Deployment).values(is_demo=False))
        answer = app.test_client().get("/healthz")
        writer.rollback()
    assert answer.get_json() == {"database": True, "keyring": True, "disk": True, "history": True}


def test_a_nearly_full_disk_is_not_healthy(installation, disk):
    disk(free=9)
    answer = create_app(installation).test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json() == {"database": True, "keyring": True, "disk": False, "history": True}


def test_a_database_without_its_tables_is_not_healthy(installation, disk, owner):
    app = create_app(installation)
    with owner.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE deployment RENAME TO gone")
        connection.commit()
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["database"] is False


def test_a_keystore_that_does_not_answer_is_not_healthy(installation, disk):
    app = create_app(installation)
    with installation.keystore._engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE dek RENAME TO gone")
        connection.commit()
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["keyring"] is False

"""The databases tests are lent: each as its template was, however the last test left it."""

import pytest


@pytest.fixture
def database() -> str:
    return "postgresql"


def _count(cluster, name, table):
    with cluster.connect(name) as connection:
        return connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 (a name of ours)


def test_what_a_test_wrote_or_deleted_is_undone(postgres_cluster, prepared_postgres):
    template, _keystore = prepared_postgres
    name = postgres_cluster.lend(template)
    before = {table: _count(postgres_cluster, name, table) for table in postgres_cluster.made_as[template].tables}
    filled = [table for table, rows in before.items() if rows]
    assert filled, "an initialised database holds something"
    with postgres_cluster.connect(name) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f'DELETE FROM "{filled[0]}"')  # noqa: S608
        connection.execute("INSERT INTO region VALUES (gen_random_uuid(), NULL, 'x', '样本区')")
    postgres_cluster.take_back(name, template)
    assert postgres_cluster.lend(template) == name
    assert before == {table: _count(postgres_cluster, name, table) for table in before}
    postgres_cluster.take_back(name, template)


def test_a_database_whose_tables_were_changed_is_lent_to_nobody(postgres_cluster, prepared_postgres):
    template, _keystore = prepared_postgres
    name = postgres_cluster.lend(template)
    with postgres_cluster.connect(name) as connection:
        connection.execute("ALTER TABLE history_event DISABLE TRIGGER ALL")
    postgres_cluster.take_back(name, template)
    assert postgres_cluster.lend(template) != name

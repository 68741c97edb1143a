"""How many SQL statements the pages about cases take: eight in all, whatever the number of rows."""

from contextlib import contextmanager

from sqlalchemy import event

from mengya_health.care import queries


@contextmanager
def statements(installation):
    """Collect every statement of the data and the keystore database, without those that open and close transactions."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SET")):
            seen.append(statement)

    engines = [installation.engine, installation.keystore._engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_a_case_page_reads_in_six_statements_and_its_audit_is_the_seventh(walk, installation):
    walk.in_support()
    walk.do_tasks(3)
    with statements(installation) as few, walk.work_as(walk.doctor, writing=False) as work:
        queries.case_facts(work, walk.case_id)
    walk.do_tasks(5)
    with statements(installation) as many, walk.work_as(walk.doctor, writing=False) as work:
        queries.case_facts(work, walk.case_id)
    assert len(few) == len(many), [each[:80] for each in many]
    assert len(many) <= 7, "\n".join(each[:90] for each in many)

"""One opened installation: settings, databases, keys and clinical content, checked before anything is served."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from huey import Huey
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mengya_health import audit, db, jobs
from mengya_health.access import fence
from mengya_health.access.actor import Actor
from mengya_health.care.loop import loop_of
from mengya_health.config import WORKFLOWS, Settings
from mengya_health.content import Content, load_content
from mengya_health.crypto.keys import provider_for
from mengya_health.crypto.keystore import Keystore
from mengya_health.crypto.passwords import Passwords
from mengya_health.crypto.sealing import Keys
from mengya_health.crypto.suites import suite_of
from mengya_health.errors import StartRefused, Stopped
from mengya_health.operations import witness
from mengya_health.operations.key_check import require_keys_and_erasures
from mengya_health.operations.upgrading import KEYSTORE, require_newest
from mengya_health.people.models import Deployment, User
from mengya_health.signing.agreement import signing_agreement
from mengya_health.signing.consent_texts import consent_texts
from mengya_health.work import Work


def clock() -> datetime:
    """Return the server's time, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Installation:
    """What a process of this installation works with."""

    settings: Settings
    engine: Engine
    keystore: Keystore
    content: Content
    queue: Huey
    passwords: Passwords
    deployment_id: UUID
    now: Callable[[], datetime] = clock
    stopped: witness.Words | None = None  # why nothing may be read or written

    def require_running(self) -> None:
        """Raise Stopped while the database is not what was witnessed outside. A reading writes its audit row, too."""
        if self.stopped:
            raise Stopped(*self.stopped)

    def work(
        self,
        session: Session,
        actor: Actor | None,
        *,
        source: str = "",
        address: str = "",
        request_id: UUID | None = None,
    ) -> Work:
        """Return a unit of work on an open session, which the second fence then holds to what the actor may reach."""
        if actor:
            fence.put_up(session, actor)
        return Work(
            actor=actor,
            now=self.now(),
            session=session,
            keys=Keys(self.keystore),
            content=self.content,
            settings=self.settings,
            passwords=self.passwords,
            deployment_id=self.deployment_id,
            source=source,
            address=address,
            request_id=request_id or db.new_id(),
        )

    def before_fork(self) -> None:
        """Close every connection: none may be shared between processes. New ones open when they are needed."""
        self.engine.dispose()
        self.keystore.dispose()
        self.queue.storage.close()

    def close(self) -> None:
        """Give back every connection."""
        self.before_fork()


def open_installation(
    settings: Settings,
    *,
    now: Callable[[], datetime] = clock,
    passwords: Passwords | None = None,
    content: Content | None = None,
    environ: Mapping[str, str] = os.environ,
    checks_keys: bool = True,
) -> Installation:
    """Open what `mengya init` made. Raises StartRefused, and writes nothing, when any part is missing or unfit.

    `checks_keys` is False for nothing but replaying erasures, without which a restored backup does not start.
    """
    content = content or load_content(WORKFLOWS, visit_template=settings.visit_template)
    _require_fit(settings, content)
    provider = provider_for(settings, environ)
    with ExitStack() as if_refused:
        engine = _open_engine(settings.database_url, "数据库", if_refused)
        require_newest(engine)
        keystore_engine = _open_engine(settings.keystore_url, "密钥库", if_refused)
        require_newest(keystore_engine, KEYSTORE)
        keystore = Keystore.open(keystore_engine, provider)
        deployment = _deployment(engine)
        _require_own_kind(settings, engine, deployment)
        if checks_keys:
            require_keys_and_erasures(settings, engine, keystore)
        witness.require_fit(settings)
        stopped = witness.why_stopped(settings, engine, keystore, deployment.id)
        if_refused.pop_all()
    return Installation(
        settings=settings,
        engine=engine,
        keystore=keystore,
        content=content,
        queue=jobs.make_queue(settings),
        passwords=passwords or _passwords(settings),
        deployment_id=deployment.id,
        now=now,
        stopped=stopped,
    )


def _require_fit(settings: Settings, content: Content) -> None:
    loop_of(content), consent_texts(), signing_agreement()  # a file that cannot be read stops the start, too
    suite_of(settings.suite)
    if settings.is_production:
        db.require_encrypted(settings.database_url, "数据库")
        db.require_encrypted(settings.keystore_url, "密钥库")


def _open_engine(url: str, name: str, if_refused: ExitStack) -> Engine:
    engine = db.open_engine(url, name)
    if_refused.callback(engine.dispose)
    return engine


def _passwords(settings: Settings) -> Passwords:
    """Return what hashes: one at a time on this machine, or in this process where there is no data folder."""
    has_folder = settings.data_dir.is_dir()
    return Passwords(turn_file=settings.data_dir / "hashing.lock" if has_folder else None)


def _deployment(engine: Engine) -> Deployment:
    with db.open_session(engine, writing=False) as session:
        deployment = session.scalar(select(Deployment))
    if deployment is None:
        raise StartRefused(
            "上次 mengya init 没有做完。请再运行一次 mengya init。",
            "mengya init was broken off. Run mengya init again.",
        )
    return deployment


def _require_own_kind(settings: Settings, engine: Engine, deployment: Deployment) -> None:
    """Raise StartRefused for a demo opened in production, whose passwords are printed, and for the reverse."""
    if settings.is_production and deployment.is_demo:
        raise StartRefused(
            "这是演示库，密码人人知道，不能用作正式环境。请用 mengya init 建一个新的。",
            "This is a demo, whose passwords everybody knows; it cannot serve in production. Make a new one with "
            "mengya init.",
        )
    if settings.is_demo and not deployment.is_demo and _has_accounts(engine):
        raise StartRefused(
            "这里是正式数据，不能当演示打开：演示不要第二因素。请去掉 MENGYA_ENV=demo，或换一个 --data 目录。",
            "This is no demo and must not be opened as one: a demo asks for no second factor. Unset MENGYA_ENV=demo, "
            "or choose another --data folder.",
        )


def _has_accounts(engine: Engine) -> bool:
    with db.open_session(engine, writing=False) as session:
        return session.scalar(select(User.id).limit(1)) is not None


@contextmanager
def begin_work(installation: Installation, actor: Actor | None, *, writing: bool = True) -> Iterator[Work]:
    """Open a unit of work outside the web: jobs, the command line, tests. Commits at the end, audit included.

    Without an actor it is the system's own and sees every row.
    """
    installation.require_running()
    session = db.open_session(installation.engine, writing=writing)
    work = installation.work(session, actor)
    if actor is None:
        fence.lift(session)
    try:
        yield work
        if writing:
            _store_rows(work, session)
            session.commit()
    except BaseException as error:
        session.rollback()
        audit.alarm_about(work, error)
        keep_what_survives(installation, work)
        raise
    finally:
        session.close()
    if not writing:
        store_audit(installation, work)
    jobs.send(installation.queue, work.jobs_to_send)


def store_audit(installation: Installation, work: Work) -> None:
    """Store a reading's audit rows in one short transaction of their own, before anything is shown."""
    if not (work.audit_rows or work.alarms or work.after_answer):
        return
    if work.alarms or work.after_answer or len(work.audit_rows) > audit.MOST_AT_ONCE:
        with db.open_session(installation.engine, writing=True) as session:
            _store_rows(work, session)
            session.commit()
    else:
        rows, work.audit_rows = work.audit_rows, []
        audit.store_alone(installation.engine, rows)


def _store_rows(work: Work, session: Session) -> None:
    for act in work.after_answer:
        act(session)
    work.write_audit(session)


def keep_what_survives(installation: Installation, work: Work) -> None:
    """After a rollback, store what must not vanish with it: refusals, and wrong tries at a PIN."""
    work.audit_rows = [row for row in work.audit_rows if row["outcome"] == "deny"]
    if not (work.audit_rows or work.after_rollback or work.alarms):
        return
    with db.open_session(installation.engine, writing=True) as session:
        for act in work.after_rollback:
            act(session)
        work.write_audit(session)
        session.commit()

"""Alembic's entry point for the keystore. The connection comes from `operations.upgrading`."""

from alembic import context

from mengya_health.crypto.models import KeystoreBase

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=KeystoreBase.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()

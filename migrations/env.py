"""Alembic's entry point. The connection comes from `operations.upgrading`: nothing here reads the environment."""

from alembic import context

from mengya_health.operations.upgrading import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()

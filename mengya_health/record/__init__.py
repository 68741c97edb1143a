"""Entries in three sections, and their revisions."""

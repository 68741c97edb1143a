"""Papers the clinic files and families take home."""

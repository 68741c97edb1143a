"""Places, families, children, staff."""

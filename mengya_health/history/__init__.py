"""What happened to each child's record, in order, so that a change or a gap shows."""

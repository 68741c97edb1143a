"""童馨档案: one health record for a child, kept by family, nursery and clinic together."""

"""Instruments, scoring, planned visits."""

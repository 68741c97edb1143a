"""Figures for the district: counts of plain facts, with whatever is too small left out."""

"""Tracks: which rows of a table are the same person."""

"""Frames: which ones of a video, how large, and how they are stored, if at all."""

"""Spatio-temporal cubes: each box cut from the frames around its own, all of one size."""

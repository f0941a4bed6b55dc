"""Data sets: where videos and labels lie in the official layouts. One file for each."""

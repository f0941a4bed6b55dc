"""Optical flow: for pairs of frames, where each pixel of the first went."""

"""The network of LAD2000: the class of a video and the score of each frame, taught both (Wan et al., TIP 2021)."""

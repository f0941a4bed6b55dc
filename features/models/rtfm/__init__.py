"""RTFM: scores of segments, learnt from video labels by the length of features (Tian et al., ICCV 2021)."""

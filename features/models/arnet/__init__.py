"""AR-Net: the score of each clip, learnt from which videos are abnormal (Wan et al., ICME 2020)."""

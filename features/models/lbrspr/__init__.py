"""LBR-SPR: localisation-based reconstruction with self-paced refinement, unsupervised (CVPR 2022)."""

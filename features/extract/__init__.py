"""What is computed from videos: one folder per feature, one file per backend, and the driver that feeds them."""

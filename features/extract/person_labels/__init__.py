"""Which persons are abnormal, by masks of objects: labels of training windows for supervised models."""

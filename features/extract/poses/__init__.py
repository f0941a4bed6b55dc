"""Poses: persons with their keypoints in every frame."""

"""Boxes of moving and standing objects: detectors, motion, published files, merged by the cover rule."""

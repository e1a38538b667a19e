"""Pictures beside each other in one picture."""

import numpy as np

GAP = 8  # pixels of white between the pictures of a strip, per 1000 of height; at least 4


def strip(*pictures: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] pictures of one height side by side, a thin white gap between them."""
    height = pictures[0].shape[0]
    gap = np.full((height, max(4, height * GAP // 1000), 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(parts[1:], axis=1)

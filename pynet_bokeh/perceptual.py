"""LPIPS, a distance of pictures that follows people's judgement better than PSNR does; an extra, needs PyTorch.

Zhang, Isola, Efros, Shechtman and Wang, "The unreasonable effectiveness of deep features as a perceptual metric", CVPR
2018; their package `lpips`, AlexNet, version 0.1. The package brings its own small layers; AlexNet's ImageNet weights
(torchvision's `alexnet-owt-7be5be79.pth`, 244 MB) are the user's to supply: nothing is downloaded here.
"""

import warnings
from pathlib import Path

import numpy as np

from pynet_bokeh.errors import UserError

LEAST_SIDE = 32  # pixels; AlexNet shrinks pictures by 16
SLICES = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}
"""Number of a convolution in torchvision's AlexNet → number of the package's slice that holds it."""


class Lpips:
    """The distance of two pictures: 0 for equal ones, about 0.1 for a good likeness, 0.7 for nothing in common.

    Args:
        weights: AlexNet's weights as torchvision publishes them.

    Raises UserError when the packages are missing, or the file is not there or isn't AlexNet's.
    """

    def __init__(self, weights: Path):
        try:
            import lpips
            import torch
        except ImportError as error:
            missing = error.name or "lpips"
            raise UserError(f"--lpips-weights: {missing} is not installed; pip install '.[lpips]' brings it") from error
        self._torch = torch
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it calls torchvision by arguments that are deprecated
            self._network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
        trunk = {
            f"slice{part}.{number}.{kind}": f"features.{number}.{kind}"
            for number, part in SLICES.items()
            for kind in ("weight", "bias")
        }
        try:
            published = torch.load(weights, map_location="cpu", weights_only=True)
            self._network.net.load_state_dict({name: published[theirs] for name, theirs in trunk.items()})
        except FileNotFoundError as error:
            raise UserError(f"{weights}: no such file") from error
        except Exception as error:  # torch, pickle and zipfile have one each for a file that isn't what is wanted
            raise UserError(f"{weights}: not AlexNet's weights by torchvision ({type(error).__name__})") from error

    def __call__(self, a: np.ndarray, b: np.ndarray) -> float:
        """The distance of two float32 [H,W,3] in [0,1]. Raises UserError when they are too small."""
        if min(a.shape[:2]) < LEAST_SIDE:
            raise UserError(
                f"LPIPS wants at least {LEAST_SIDE}x{LEAST_SIDE} pixels; received {a.shape[1]}x{a.shape[0]}"
            )
        pictures = [self._torch.from_numpy(np.ascontiguousarray(one.transpose(2, 0, 1))[None]) for one in (a, b)]
        with self._torch.no_grad():
            return float(self._network(*pictures, normalize=True))  # from [0,1] to [-1,1]

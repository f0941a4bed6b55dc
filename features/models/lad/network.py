"""The network of LAD2000: wanboyang/anomaly_detection_LAD2000 @ca51f97, model.py, AED_T. Its names, its parameters."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.models.lad.recipe import LadRecipe
from features.models.precision import Precision, products

HIDDEN = 128
SIDE = 4
CLIP_SCORES = 16  # scores of a clip: one for each of its frames, as published


class ConvLstmCell(nn.Module):
    """A convolutional LSTM over maps of 4x4: no peephole, no offset of the forget gate, states from zero."""

    def __init__(self, channels: int, precision: Precision) -> None:
        super().__init__()
        self.channels, self.precision = channels, precision
        self.Gates = nn.Conv2d(channels + HIDDEN, 4 * HIDDEN, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """The hidden maps (steps, n, 128, 4, 4) of all steps, from maps (steps, n, channels, 4, 4)."""
        hidden, cell, found = None, None, []
        for given in self._read(maps):
            whole = given if hidden is None else given + self._remember(hidden)
            into, keep, out, candidate = whole.chunk(4, dim=1)
            fresh = into.sigmoid() * candidate.tanh()
            cell = fresh if cell is None else keep.sigmoid() * cell + fresh
            hidden = out.sigmoid() * cell.tanh()
            found.append(hidden)
        return torch.stack(found)

    def _read(self, maps: Tensor) -> Tensor:
        """What maps add to the gates, with the bias: of all steps at once, since it needs no state."""
        with products(self.precision, maps.device):
            weight = self.Gates.weight[:, : self.channels]
            gates = functional.conv2d(maps.flatten(0, 1), weight, self.Gates.bias, padding=1)
        return gates.float().view(*maps.shape[:2], *gates.shape[1:])

    def _remember(self, hidden: Tensor) -> Tensor:
        """What the hidden maps of the last step add to the gates."""
        with products(self.precision, hidden.device):
            return functional.conv2d(hidden, self.Gates.weight[:, self.channels :], padding=1).float()


class Head(nn.Module):
    """Two linear layers without bias."""

    def __init__(self, out: int) -> None:
        super().__init__()
        self.fc_1 = nn.Linear(1024, 512, bias=False)
        self.fc_2 = nn.Linear(512, out, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """(n, out) of (n, 1024)."""
        found: Tensor = self.fc_2(functional.relu(self.fc_1(hidden)))
        return found


class LadNetwork(nn.Module):
    """From windows of `max_seqlen` clips to the class of each, and to 16 scores in 0..1 for the frames of each clip.

    The maps of 4x4 are the features in rows: channel c, row r, column s hold number 16 c + 4 r + s. Nothing in a
    pooled feature lies beside anything; it is so as published.
    """

    def __init__(self, channels: int, classes: int, recipe: LadRecipe) -> None:
        super().__init__()
        self.convlstm1 = ConvLstmCell(channels // SIDE**2, recipe.precision)
        self.convlstm2 = ConvLstmCell(HIDDEN, recipe.precision)
        self.fc_down = nn.Linear(HIDDEN * SIDE**2, 1024)
        self.cls_head = Head(classes)
        self.reg_head = Head(CLIP_SCORES * recipe.max_seqlen)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, classes) and scores (n, max_seqlen, 16) of windows (n, max_seqlen, channels)."""
        count, steps = windows.shape[:2]
        maps = windows.transpose(0, 1).reshape(steps, count, -1, SIDE, SIDE)
        last = self.convlstm2(self.convlstm1(maps))[-1]
        hidden = functional.relu(self.fc_down(last.flatten(1)))
        return self.cls_head(hidden), self.reg_head(hidden).sigmoid().view(count, steps, CLIP_SCORES)

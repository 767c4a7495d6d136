"""The scenes of a problem as the certificate reads them: their shares, and who else is there in each.

Built by the certificate. A view is one scene and one kind, numbered scene by scene; the cuts of a kind serve
all its views, since they depend on counts alone. It never decides anything.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import FloatArray, IntArray
from optimiser.cover.cuts import CutPool, CutStore
from optimiser.cover.problem import CoverProblem


@dataclass(frozen=True, slots=True, eq=False)
class ActiveCuts:
    """Cuts as rows of a programme: risk[risk] >= constant + slope @ counts of the kind; (n,) and (n, S)."""

    risk: IntArray
    kind: IntArray
    constant: FloatArray
    slope: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Shares (C,) of C scenes and what they change in the counts, (C, K, S).

    Risks of groups of zones are numbered scene by scene, then as in the pool. A cut used in a scene has the
    code row * C + scene.
    """

    share: FloatArray
    change: FloatArray

    @classmethod
    def of(cls, problem: CoverProblem) -> "Views":
        """Read the scenes of a problem; none is one scene in which nothing is different."""
        if not problem.scenes:
            return cls(np.ones(1), np.zeros((1, problem.n_kinds, problem.n_stations)))
        return cls(
            np.array([scene.share for scene in problem.scenes], dtype=np.float64),
            np.stack([scene.counts_change for scene in problem.scenes]).astype(np.float64),
        )

    @property
    def n_scenes(self) -> int:
        """Number of scenes, C."""
        return int(self.share.size)

    def active(self, pool: CutPool, codes: IntArray) -> ActiveCuts:
        """Return cuts in use as rows over the counts of the rules, (K, S)."""
        rows, scene = codes // self.n_scenes, codes % self.n_scenes
        kind, constant, slope = pool.kind[rows], pool.constant[rows], pool.slope[rows]
        if self.n_scenes == 1 and not self.change.any():
            return ActiveCuts(pool.group[rows], kind, constant, slope)
        share = self.share[scene]
        moved = constant + np.einsum("ns,ns->n", slope, self.change[scene, kind])
        risk = scene * (pool.n_groups * self.change.shape[1]) + pool.group[rows]
        return ActiveCuts(risk, kind, share * moved, share[:, None] * slope)

    def tightest(self, pool: CutPool, counts: FloatArray) -> IntArray:
        """Return the codes of the cut with the greatest value at counts (K, S), for each group and scene."""
        return np.concatenate(
            [pool.tightest(counts + change) * self.n_scenes + c for c, change in enumerate(self.change)]
        )

    def value_at(self, pool: CutPool, counts: FloatArray) -> FloatArray:
        """Return the risk of each group and scene the cuts know of at counts (K, S), (C * K * G,)."""
        parts = zip(self.share, self.change, strict=True)
        return np.concatenate([share * pool.value_at(counts + change) for share, change in parts])

    def cuts_at(
        self, store: CutStore, problem: CoverProblem, counts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return constant and slope of the cuts of all groups and scenes, not weighed by any share."""
        parts = [store.cuts_at(problem, np.maximum(counts + change, 0.0)) for change in self.change]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def values(
        self, store: CutStore, constant: FloatArray, slope: FloatArray, counts: FloatArray
    ) -> FloatArray:
        """Return what such cuts say of the risk of each group and scene at counts (K, S), shares applied."""
        size = constant.size // self.n_scenes
        parts = [
            self.share[c]
            * store.value(
                constant[c * size : (c + 1) * size], slope[c * size : (c + 1) * size], counts + change
            )
            for c, change in enumerate(self.change)
        ]
        return np.concatenate(parts)

    def keep(self, pool: CutPool, constant: FloatArray, slope: FloatArray, which: IntArray) -> IntArray:
        """Keep some of such cuts in the pool; return the codes of their use in the scene they come from."""
        size = constant.size // self.n_scenes
        rows = pool.add(constant[which], slope[which], which % size)
        codes: IntArray = rows * self.n_scenes + which // size
        return codes

    def everywhere(self, rows: IntArray) -> IntArray:
        """Return the codes of rows of the pool in every scene."""
        codes: IntArray = (rows[:, None] * self.n_scenes + np.arange(self.n_scenes)).reshape(-1)
        return codes

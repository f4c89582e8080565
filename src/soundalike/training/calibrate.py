"""What a distance means: the share of hits at that distance that carried the query's label."""

from __future__ import annotations

import numpy as np

from soundalike.config import Distance
from soundalike.encoders import Calibration
from soundalike.evaluation.ranking import Ranking

# Enough points for a smooth curve, few enough to read in the card.
_NUM_POINTS = 33


def calibrate(ranking: Ranking, *, distance: Distance, source: str) -> Calibration | None:
    """Fit the falling curve from distance to share of right hits, over the top hits of validation queries.

    Isotonic regression: the falling step function nearest to what was seen, with no shape assumed.

    Args:
        ranking: of validation queries; its `neighbours` are the hits.
        distance: what ranked them.
        source: which queries, for the card.
    Returns:
        The curve, or None where no query found anything.
    """
    from sklearn.isotonic import IsotonicRegression

    seen = np.isfinite(ranking.neighbour_distances)
    if not seen.any():
        return None
    distances = ranking.neighbour_distances[seen].astype(np.float64)
    right = ranking.neighbour_hits[seen].astype(np.float64)
    points = np.unique(np.quantile(distances, np.linspace(0.0, 1.0, _NUM_POINTS)))
    curve = IsotonicRegression(increasing=False, y_min=0.0, y_max=1.0, out_of_bounds="clip")
    shares = curve.fit(distances, right).predict(points)
    return Calibration(
        distance=distance,
        distances=tuple(float(point) for point in points),
        shares=tuple(float(share) for share in shares),
        source=source,
    )

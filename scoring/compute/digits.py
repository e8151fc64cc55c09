"""Real data and real models of the demo: handwritten digits from preprinted forms.

The 1,797 digits of the "Optical Recognition of Handwritten Digits" data set (E. Alpaydin,
C. Kaynak; UCI Machine Learning Repository, 1998, CC BY 4.0), collected from preprinted forms of 43
people and shipped with scikit-learn as 8 × 8 pictures with 17 grey levels. Everything here is a
function of the seed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

if TYPE_CHECKING:
    from collections.abc import Mapping

ID, LABEL, SPLIT, HAND = "id", "ziffer", "split", "schrift"
HANDS = ["dünn", "mittel", "kräftig"]
PIXELS = [f"p{row}{column}" for row in range(8) for column in range(8)]
LABELS = [str(digit) for digit in range(10)]
_TRAINING_ROWS = 898


@dataclass(frozen=True, slots=True)
class DigitsPackage:
    """What participants get, and what they do not.

    training: 898 rows × (id, 64 pixels 0–16, label); task: 899 rows × (id, 64 pixels);
    truth: 899 rows × (id, label, split, hand), split "public" or "private" about half and half, and
    hand how much ink the writing took, in thirds.
    """

    training: pd.DataFrame
    task: pd.DataFrame
    truth: pd.DataFrame


def package(seed: int = 2027) -> DigitsPackage:
    """Split the digits into a labelled training part and an unlabelled task part."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    frame = pd.DataFrame(pixels[order].astype(int), columns=PIXELS)
    # Ids carry no order of the source, so nothing can be looked up by them.
    frame.insert(0, ID, [f"z{number:04d}" for number in range(1, len(frame) + 1)])
    frame[LABEL] = labels[order].astype(str)
    training = frame.iloc[:_TRAINING_ROWS].reset_index(drop=True)
    rest = frame.iloc[_TRAINING_ROWS:].reset_index(drop=True)
    truth = rest[[ID, LABEL]].copy()
    # Alternate within each label: both parts have the same mixture.
    turn = truth.groupby(LABEL).cumcount() % 2
    truth[SPLIT] = np.where(turn == 0, "public", "private")
    truth[HAND] = pd.qcut(rest[PIXELS].sum(axis=1), len(HANDS), labels=HANDS).astype(str)
    return DigitsPackage(training=training, task=rest[[ID, *PIXELS]], truth=truth)


def models() -> Mapping[str, Any]:
    """Return six untrained classifiers by name, the crudest first. Any: no common type."""
    return {
        "majority": DummyClassifier(strategy="most_frequent"),
        "nearest_centroid": NearestCentroid(),
        "naive_bayes": GaussianNB(),
        "logistic_regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "k_nearest_neighbours": KNeighborsClassifier(n_neighbors=5),
        "rbf_svm": SVC(gamma="scale", C=10.0),
    }


def predictions(model: str, data: DigitsPackage) -> pd.DataFrame:
    """Train one model on the training part and return its answers: 899 rows × (id, label)."""
    classifier = models()[model]
    with warnings.catch_warnings():
        # Pixels in the corners are 0 for every digit; nearest centroid remarks on it.
        warnings.filterwarnings("ignore", message=".*zero standard deviation.*")
        classifier.fit(data.training[PIXELS].to_numpy(), data.training[LABEL].to_numpy())
    answers = classifier.predict(data.task[PIXELS].to_numpy())
    return pd.DataFrame({ID: data.task[ID], LABEL: answers})


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as UTF-8 CSV with Unix line ends."""
    return bytes(frame.to_csv(index=False, lineterminator="\n").encode())

"""Measures what a threshold does at a site: which correction keeps the asked false match rate, and the most recall.

Each source of a data set plays the site once, and the people of all others are the shipped background. Sentences are
about people of the site; a false match is one of somebody else's crops that passes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.threshold.background import Background
from pipeline.threshold.build import PEOPLE, choose_people
from pipeline.threshold.site import Sentences, Site, site_thresholds
from pipeline.threshold.tail import tail_start
from reid.datasets.sample import Sample
from reid.datasets.shards import read_captions
from reid.embedder import Embedder
from reid.errors import DatasetError
from reid.evaluation.embed import Progress, embed_captions, embed_samples

FloatArray = npt.NDArray[np.float64]
LEAST_TESTED = 100  # crops of a site beside those that it is corrected with
PEOPLE_SEEN = (8, 16, 32, 64, 128, 512)
_SENTENCES = 400  # a site at most
_DRAWS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """A data set's crops and sentences.

    Attributes:
        samples: one a crop.
        crops: (n, D) float16.
        sentences: (m, D) float32.
        owners: (m,), the row of the crop that a sentence is about.
    """

    samples: Sequence[Sample]
    crops: npt.NDArray[np.float16]
    sentences: npt.NDArray[np.float32]
    owners: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a correction did at a site; shares, as means over sentences and draws."""

    site: str
    correction: str
    rate: float  # asked
    people: int  # of the site, that it was corrected with
    realised: float  # false match rate
    recall: float  # of the person's own crops


def embed(
    embedder: Embedder, samples: Sequence[Sample], captions: Path | None, progress: Progress = lambda _: None
) -> Embedded:
    """Embed a data set's crops and sentences, and those of a file ``{"key": ..., "captions": [...]}`` a line.

    Sentences in which the network knows no word ask for nobody, and are left out.

    Raises:
        DatasetError: a crop or the file cannot be read, there are no sentences, or all crops are of one source.
    """
    if len({sample.source for sample in samples}) < 2:
        raise DatasetError("all crops are of one source, but one is the site and the others are its background")
    more = {} if captions is None else read_captions(captions)
    described = [replace(sample, captions=(*sample.captions, *more.get(sample.key, ()))) for sample in samples]
    sentences = embed_captions(embedder, described)
    owners = np.repeat(np.arange(len(described)), [len(sample.captions) for sample in described])
    said = sentences.any(axis=1)
    if not said.any():
        raise DatasetError("no crop has a sentence; name a file of sentences with --captions")
    crops = embed_samples(embedder, samples, progress).astype(np.float16)
    return Embedded(samples, crops, sentences[said], owners[said])


def measure(embedded: Embedded, model_id: str, rates: Sequence[float], people: Sequence[int]) -> Iterator[Outcome]:
    """Yield an outcome for every site that somebody has described, correction, rate and number of people."""
    sources = np.array([sample.source for sample in embedded.samples])
    for site in sorted(set(sources[embedded.owners].tolist())):
        shipped = _background(embedded, site, model_id)
        for rate in rates:
            for count in people:
                if int((sources == site).sum()) >= count + LEAST_TESTED:
                    yield from _at_site(embedded, np.flatnonzero(sources == site), shipped, rate, count)


def _background(embedded: Embedded, site: str, model_id: str) -> Background:
    places = {sample.key: place for place, sample in enumerate(embedded.samples)}
    chosen = choose_people([sample for sample in embedded.samples if sample.source != site], PEOPLE)
    return Background(embedded.crops[[places[sample.key] for sample in chosen]], model_id, f"all but {site}")


def _at_site(
    embedded: Embedded, crops: npt.NDArray[np.intp], shipped: Background, rate: float, count: int
) -> Iterator[Outcome]:
    rng = np.random.default_rng(0)
    about = rng.permutation(np.flatnonzero(np.isin(embedded.owners, crops)))[:_SENTENCES]
    persons = np.array([sample.person_id for sample in embedded.samples])
    figures: dict[str, list[tuple[float, float]]] = {}
    for _ in range(_DRAWS):
        order = rng.permutation(crops)
        seen, tested = order[:count], order[count:]
        wanted = persons[embedded.owners[about]][:, None] == persons[tested][None]
        scores = embedded.sentences[about].astype(np.float64) @ embedded.crops[tested].astype(np.float64).T
        for name, thresholds in _corrections(embedded.sentences[about], embedded.crops[seen], shipped, rate).items():
            figures.setdefault(name, []).append(_figures(scores >= thresholds[:, None], wanted))
    for name, draws in figures.items():
        realised, recall = np.mean(draws, axis=0)
        site = embedded.samples[int(crops[0])].source
        yield Outcome(site, name, rate, count, float(realised), float(recall))


def _figures(passing: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return false match rate, as a mean over sentences, and recall."""
    realised = ((passing & ~wanted).sum(axis=1) / (~wanted).sum(axis=1)).mean()
    return float(realised), float(passing[wanted].mean()) if wanted.any() else float("nan")


def _corrections(
    vectors: npt.NDArray[np.float32], people: npt.NDArray[np.float16], shipped: Background, rate: float
) -> Mapping[str, FloatArray]:
    sentences = vectors.astype(np.float64)
    there = sentences @ shipped.vectors.astype(np.float64).T
    here = sentences @ people.astype(np.float64).T
    raw = tail_start(there, rate)
    centred = raw + here.mean(axis=1) - there.mean(axis=1)
    asked = Sentences(vectors, raw, np.full(len(vectors), rate))
    return {
        "as shipped": raw,
        "centred": centred,
        "centred and scaled": here.mean(axis=1) + (raw - there.mean(axis=1)) * here.std(axis=1) / there.std(axis=1),
        "own people": tail_start(here, rate),
        "what lookout does": site_thresholds(asked, Site(people), shipped),
    }


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as rows of Markdown: for each number of people and correction, every site and the whole."""
    sites = list(dict.fromkeys(outcome.site for outcome in outcomes))
    head = ["people seen", "thresholds", *sites, "factor", "recall"]
    lines = [head, ["---"] * len(head)]
    for people, correction in dict.fromkeys((outcome.people, outcome.correction) for outcome in outcomes):
        found = {o.site: o for o in outcomes if (o.people, o.correction) == (people, correction)}
        figures = [f"{found[site].realised:.2%} / {found[site].recall:.0%}" if site in found else "" for site in sites]
        off = [abs(np.log(max(o.realised, 1e-6) / o.rate)) for o in found.values()]
        recall = float(np.nanmean([o.recall for o in found.values()]))
        lines.append([str(people), correction, *figures, f"{np.exp(np.mean(off)):.2f}", f"{recall:.0%}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

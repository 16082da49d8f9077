#!/usr/bin/env python3
"""Fits the prediction of quality to samples, and writes src/image/prediction/weights.cpp.

usage: train.py SAMPLES_FOLDER [OUTPUT.cpp]

Samples are what collect.py writes. The quality that gives a picture a score is a polynomial of the second degree of its features, one for each
codec and score, by ridge regression; errors count in points of the score. How good it is, it tells by leaving out a tenth of the pictures at a
time, all sizes of a picture together. Without OUTPUT it only does that. Needs numpy.
"""
import collections
import hashlib
import pathlib
import sys

import numpy

CODECS = ("jpeg", "jpeg_whole", "webp", "avif", "avif_dear")
TARGETS = (50, 60, 65, 70, 75, 80, 85, 90)
LEAST, MOST = {"jpeg": 25, "jpeg_whole": 25, "webp": 20, "avif": 20, "avif_dear": 20}, 97
# The metric has six scales, and weights that fit them; of smaller pictures it leaves scales out and weighs the others wrongly.
LEAST_SIDE = 128
RIDGE = 8.0
FOLDS = 10
REACH = 2.5  # standard deviations: features beyond are cut, so that an odd picture is not extrapolated to


class Sample:
    """One picture at one size: its features, and for each codec the qualities with their scores and bytes."""

    def __init__(self, name, size, features):
        self.name, self.size, self.features, self.curves = name, size, features, collections.defaultdict(list)

    def curve(self, codec):
        """Rising qualities and scores; a score that falls with more quality is noise."""
        points = sorted(self.curves[codec])
        quality = numpy.array([p[0] for p in points], float)
        return quality, numpy.maximum.accumulate([p[2] for p in points]) + quality * 1e-6

    def quality_at(self, codec, score):
        """And how many points one more step of quality brings there. Beyond the ends the curve goes straight on, up to where the codec ends."""
        quality, scores = self.curve(codec)
        i = int(numpy.clip(numpy.searchsorted(scores, score), 1, len(scores) - 1))
        slope = (scores[i] - scores[i - 1]) / (quality[i] - quality[i - 1])
        wanted = quality[i - 1] + (score - scores[i - 1]) / max(slope, 0.02)
        return float(numpy.clip(wanted, LEAST[codec] - 5, MOST + 1)), slope

    def score_at(self, codec, quality):
        qualities, scores = self.curve(codec)
        return float(numpy.interp(quality, qualities, scores))

    def bytes_at(self, codec, quality):
        points = sorted(self.curves[codec])
        return float(numpy.exp(numpy.interp(quality, [p[0] for p in points], [numpy.log(p[1]) for p in points])))


def read_samples(folder):
    samples = []
    for file in sorted(pathlib.Path(folder).glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            kind, *fields = line.split("\t")
            if kind == "picture":
                samples.append(Sample(fields[0], (int(fields[1]), int(fields[2])), numpy.array(fields[3:], float)))
            elif kind == "score":
                samples[-1].curves[fields[0]].append((int(fields[1]), int(fields[2]), float(fields[3])))
    return [s for s in samples if min(s.size) >= LEAST_SIDE and all(len(s.curves[c]) >= 3 for c in CODECS)]


class Model:
    """Of one codec."""

    def __init__(self, codec, samples):
        self.codec = codec
        features = numpy.array([s.features for s in samples])
        self.mean, self.deviation = features.mean(0), features.std(0) + 1e-9
        terms = self.terms(features)
        self.weights = []
        for target in TARGETS:
            pairs = [s.quality_at(codec, target) for s in samples]
            quality, weight = numpy.array([p[0] for p in pairs]), numpy.array([numpy.clip(p[1], 0.1, 1.5) for p in pairs])
            # Once more, with less weight on those that are far off: pictures that no feature describes.
            for _ in range(3):
                left = terms.T * weight ** 2
                penalty = numpy.full(terms.shape[1], RIDGE)
                penalty[0] = 1e-6
                penalty[1:1 + features.shape[1]] = RIDGE / 4
                solution = numpy.linalg.solve(left @ terms + numpy.diag(penalty), left @ quality)
                error = numpy.abs(terms @ solution - quality) * numpy.array([p[1] for p in pairs])
                weight = numpy.array([numpy.clip(p[1], 0.1, 1.5) for p in pairs]) / numpy.sqrt(1 + (error / 3) ** 2)
            self.weights.append(solution)

    def terms(self, features):
        z = numpy.clip((features - self.mean) / self.deviation, -REACH, REACH)
        rows, columns = numpy.triu_indices(z.shape[1])
        return numpy.hstack([numpy.ones((len(z), 1)), z, z[:, rows] * z[:, columns]])

    def quality(self, features, target):
        """As src/image/prediction/model.cpp does it."""
        terms = self.terms(features[None])[0]
        knots = numpy.maximum.accumulate([float(terms @ w) for w in self.weights])
        return float(numpy.clip(numpy.interp(target, TARGETS, knots), LEAST[self.codec], MOST))


def fold_of(name):
    return hashlib.sha256(name.encode()).digest()[0] % FOLDS


def validate(samples):
    for codec in CODECS:
        errors = collections.defaultdict(list)
        for fold in range(FOLDS):
            inside = [s for s in samples if fold_of(s.name) == fold]
            model = Model(codec, [s for s in samples if fold_of(s.name) != fold])
            for sample in inside:
                for target in TARGETS:
                    if sample.curve(codec)[1][-1] < target or sample.curve(codec)[1][0] > target:
                        continue
                    quality = round(model.quality(sample.features, target))
                    errors[target].append(sample.score_at(codec, quality) - target)
        for target, e in errors.items():
            e = numpy.array(e)
            print(f"{codec:11s} {target}: {len(e):4d} pictures, mean {e.mean():+.2f}, deviation {e.std():.2f}, "
                  f"within 2.5 {numpy.mean(numpy.abs(e) <= 2.5):.0%}, under -5 {numpy.mean(e < -5):.1%}, worst {e.min():+.1f}", flush=True)


def write(models, count, output):
    lines = ["// Made by scripts/train_quality/train.py; not to be edited.", '#include "image/prediction/model.hpp"', "",
             "namespace imcaxy::image::prediction {", "", "// clang-format off"]
    lines += [f"// Of {count} pictures.", "const std::array<Weights, codecs> weights{{"]
    for model in models:
        def row(values, digits):
            return "{" + ", ".join(f"{v:.{digits}g}f" if "." in f"{v:.{digits}g}" or "e" in f"{v:.{digits}g}" else f"{v:.{digits}g}.0f" for v in values) + "}"
        lines += ["  {", f"    // {model.codec}", f"    {LEAST[model.codec]}, {MOST},", f"    {{{row(model.mean, 6)}}},",
                  f"    {{{row(1 / model.deviation, 6)}}},", "    {{"]
        lines += [f"      {{{row(w, 4)}}}," for w in model.weights]
        lines += ["    }},", "  },"]
    lines += ["}};", "// clang-format on", "", "}  // namespace imcaxy::image::prediction", ""]
    pathlib.Path(output).write_text("\n".join(lines), encoding="utf-8")


def main(folder, output=None):
    samples = read_samples(folder)
    print(f"{len(samples)} samples of {len({s.name for s in samples})} pictures")
    validate(samples)
    if output:
        write([Model(codec, samples) for codec in CODECS], len(samples), output)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])

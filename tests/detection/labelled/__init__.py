"""Labelled tables: made-up columns of which it is known what they hold, to measure the verdicts of a scan against.

Lives here: words, makers of values, the concepts that columns are of, the schemas of tables in two halves, and building tables of them. The
engine is mended by what the tuned half shows; the held-out half has other schemas, other words and other spellings, and is only counted.
Not here: counting (`benchmarks.bench_accuracy`), the page that tells the figures (`tests.detection.accuracy_page`).
"""

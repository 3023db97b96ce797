"""What is personal in a table: recognizers, canonical forms, the column engine and its verdicts.

Pure: no Django, no Celery, no models. Import what you need from the module that holds it; this package imports nothing by
itself, because masking needs `privacy.detection.canonical` and not the language model that `privacy.detection.scan` brings.

- `scan.scan_table`: Arrow batches in, one verdict per column out.
- `canonical.canonicalise`, `canonical.validate`: one form per entity type, shared with masking.
- `masked.mask_example`: what a page may show of a value.
- `recognizers.registry`: Presidio recognizers, for anybody's `AnalyzerEngine`.
- `residual.find_residual_direct`: direct identifiers still present in protected output.
- `rules.load_rules`: entity type → role, PIPL category, proposed grade; column-name lexicon (`rules.toml`).
"""

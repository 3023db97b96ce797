"""The risk of re-identification: measured on record batches, weighed with what people answer, recorded.

Pure: no Django, no Celery, no models, no clock. `measure` measures a table; `rules` holds every limit as data;
`facts` is what an assessment is made from, `assessment` makes it, `record` writes it down, `lowering` and
`reassessment` say what to do next.
"""

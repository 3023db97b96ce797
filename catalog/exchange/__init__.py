"""The catalogue going in and out: the government sheet (发改高技〔2017〕1272号) both ways, and DCAT 3.

`columns` what the sheet's columns and words are · `cells` what a cell of it says · `sheet` a workbook as rows ·
`reading` rows as resources · `importing` resources through the services · `published` what may leave · `dcat` and
`workbook` its forms · `exporting` all of it into one file. Rows of data never pass here: only records of the catalogue.
"""

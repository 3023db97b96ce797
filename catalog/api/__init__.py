"""The HTTP API of the catalogue, and what every API of this project shares: errors, pages, parsers, base classes.

Views here only fetch from `visible_to(user)`, validate with a serializer, call one service, and render.
"""

"""The demo: a made-up city, the people who work in it, and the story of its first releases."""

"""The catalogue's views: fetch from what is visible, validate, call one service, render."""

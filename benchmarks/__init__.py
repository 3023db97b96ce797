"""Figures that the issues ask for, each script for itself: `make bench` runs them all."""

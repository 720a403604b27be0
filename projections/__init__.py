"""Answers read from the facts: one question a file, pure, importing the domain only."""

if __name__ != "modeltrail.projections":
    raise ImportError(f"this package is imported as modeltrail.projections, not as {__name__}: put src/ on the path")

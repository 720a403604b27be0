"""What is recorded about models and deployments, and what follows from it: pure, without clock, files or network."""

if __name__ != "modeltrail.domain":
    raise ImportError(f"this package is imported as modeltrail.domain, not as {__name__}: put src/ on the path")

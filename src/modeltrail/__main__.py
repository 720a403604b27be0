"""`python -m modeltrail` is the command line."""

from modeltrail.cli import main

if __name__ == "__main__":
    main()

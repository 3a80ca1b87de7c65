"""Lets `python -m adapterstilts` be the command line."""

from adapterstilts.cli.main import main

if __name__ == "__main__":
    main()

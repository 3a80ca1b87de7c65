"""`python -m adapterstilts`, for where the console script is not on the path."""

from adapterstilts.cli.main import main

if __name__ == "__main__":
    main()

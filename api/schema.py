"""The GraphQL schema, built once; `api/schema.graphql` is its printed form."""

from __future__ import annotations

from pathlib import Path

import strawberry

from api.query import Query
from api.things import Group, Phenotype, Protein

SDL = Path(__file__).with_name("schema.graphql")

schema = strawberry.Schema(query=Query, types=[Group, Protein, Phenotype])
"""What clients see; it only grows: a field is deprecated, with reason and date, before it goes."""


def main() -> None:
    """Entry of `python -m api.schema`: write the printed form."""
    SDL.write_text(f"{schema.as_str()}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

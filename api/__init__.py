"""Questions and answers: GraphQL, command line, ranking. `api.cli` is the composition root."""

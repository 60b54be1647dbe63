"""The graph to scores and reasons. Imports `kg` only."""

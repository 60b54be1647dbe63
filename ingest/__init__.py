"""Source files to nodes and edges. Imports `kg` only."""

"""What the knowledge graph is and where it is kept. Imports none of its siblings."""

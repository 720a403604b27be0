"""How do the world's own records become facts? One file a source; each only reads, and nothing here writes a log."""

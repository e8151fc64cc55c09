"""Views of submissions, one module per audience; teams and versions are two."""

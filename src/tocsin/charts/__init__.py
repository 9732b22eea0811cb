"""Pictures for pages that are printed: SVG, made from figures, with every text escaped and nothing to be fetched."""

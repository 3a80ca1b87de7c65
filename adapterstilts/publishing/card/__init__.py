"""The model card: metadata for the Hub, tables of scores, facts, licence, code, citations."""

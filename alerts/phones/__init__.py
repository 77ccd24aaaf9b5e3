"""Telephones for drills and tests: a gateway of their own, and what whoever has one does."""

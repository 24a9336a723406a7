"""Audits that somebody asked for: rows of the database, claimed by a dispatcher, done by its workers."""

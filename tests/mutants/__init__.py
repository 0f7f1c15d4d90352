"""Mutation tests: small changes to the modules that decide who gets mail, each of which some test has to notice."""

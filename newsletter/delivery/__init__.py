"""Sending with proof: every candidate is planned or excluded before anything leaves, and nobody is mailed twice."""

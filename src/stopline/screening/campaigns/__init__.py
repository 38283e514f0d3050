"""Campaigns: messages and call transcripts that are copies of one text, found live and in files."""

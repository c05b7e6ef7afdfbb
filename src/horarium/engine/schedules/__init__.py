"""Schedules: the rules, their due times, and what became of each."""

"""The TaskIQ skin: broker, result backend, schedule source, and how tasks are run."""

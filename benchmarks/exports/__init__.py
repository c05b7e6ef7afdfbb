"""How fast exports are: python -m benchmarks.exports.

`bare` is `COPY … TO STDOUT` of the same rows as they are, read and dropped in this process.
`served` is `GET /report/export` of a server in a process of its own, read by a client of few lines;
`written` is the same rows in a file, as the command line and background jobs write them. Runs
alternate. The memory is the most that the server occupied while it sent, above nothing: the whole
process.
"""

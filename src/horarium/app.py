"""The assembled application with the built-in tasks: what `taskiq worker horarium.app:broker` and
`taskiq scheduler horarium.app:scheduler` take."""

from horarium.application import Horarium

app = Horarium()
broker, scheduler = app.broker, app.scheduler

"""The console: screens in a terminal that read tapes and send commands; no drill logic lives here."""

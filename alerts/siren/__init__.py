"""The reference client of a siren or loudspeaker, and the language that it shares with the sender.

It runs on a small computer beside the siren, so it knows no other room of alerts, and of pipeline
only the clock and the canonical bytes; of others' packages paho-mqtt and pydantic are enough.
"""

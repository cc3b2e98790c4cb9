"""kafka-python reads its schemas in a way that Python 3.11 calls deprecated; elsewhere warnings stay errors."""

import importlib
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("tocsin_faults.kafka.broker")

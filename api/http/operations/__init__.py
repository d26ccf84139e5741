"""What those who run the service look at: health, version, metrics, logs."""

"""Neural networks on Keras 3, one file a source."""

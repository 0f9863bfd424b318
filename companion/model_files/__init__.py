"""Look at model files in pure Python before native code meets them."""

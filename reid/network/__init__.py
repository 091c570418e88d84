"""The network of Farooq et al., AXM-Net (arXiv 2101.08238), read from stem to embedding."""

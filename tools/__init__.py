"""Scripts that build, check and measure this repository. No release contains them."""

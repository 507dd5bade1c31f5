"""What the product promises about its speed, measured as ratios within one run."""

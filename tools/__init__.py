"""What `./dev` runs once the virtual environment stands. Never imported by the product."""

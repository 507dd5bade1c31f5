"""The pages about people and their tenant."""

"""What is learned and asked: tasks, their formats, and the metrics that rank them."""

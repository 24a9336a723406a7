"""What is not the service's own: the servers and the folders of others, and how far it may go to them."""

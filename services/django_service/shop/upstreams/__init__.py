"""The services that the dashboard and the sources ask, over connections that are kept."""

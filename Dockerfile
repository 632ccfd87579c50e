# Measures on any machine that runs containers; docs/running.md says how.
# The full image has what setting up needs: make, git and a C library that wheels are built for.
FROM python:3.13
WORKDIR /webtrial
COPY . .
RUN make .venv/ready-to-run
CMD ["make", "report"]

"""The web app: pages that edit a scenario, run it and show the answer; on this machine only."""

"""Tests of the run folder: behaviour under real faults (SIGKILL, full disks, read-only places, garbage)."""

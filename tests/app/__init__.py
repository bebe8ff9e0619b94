"""Tests of the app: pure parts, pages by AppTest, and a real browser."""

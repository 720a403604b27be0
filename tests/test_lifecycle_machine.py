from hypothesis import settings

from lifecycle_machine import Lives

TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)

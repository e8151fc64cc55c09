"""The one signal of the product (H-27): a submission was handed in."""

from django.dispatch import Signal

# Sent after the commit with `submission_id`; `scoring` creates the evaluation, and a sweep creates
# what a lost signal missed.
submission_handed_in = Signal()

"""Where a reader of CommonMark or HTML would be in a reply, and what addresses the reply holds there."""

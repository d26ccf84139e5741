"""The pages in a browser: pictures of them, how soon they are painted, and a week on a wall."""

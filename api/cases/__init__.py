"""One use of the packages each: plan a day, bill a meter, study a record. Nothing is printed here.

In: what `reading` made. Out: what `answers` shows.
"""

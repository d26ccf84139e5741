"""The terms of the objective, one a file: energy and its tiers, demand, the minimum bill, wear, uncertainty."""

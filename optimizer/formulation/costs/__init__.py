"""The terms of the objective, one in each file: energy and its tiers, demand, minimum bill, wear, uncertainty."""

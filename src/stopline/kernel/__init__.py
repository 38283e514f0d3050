"""Words that every part speaks: ids, phone numbers, money, clock, actors, errors, facts."""

"""What a teacher reads: plans of the lessons that are ready, misconceptions, and how it is done."""

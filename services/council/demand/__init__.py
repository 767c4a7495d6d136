"""Service demand of a council: what people and sensors ask for, one property and one record for each."""

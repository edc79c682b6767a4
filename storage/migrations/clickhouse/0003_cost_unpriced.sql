-- Units of a call that the price table has no price for.

ALTER TABLE canonical_events ADD COLUMN IF NOT EXISTS cost_unpriced Array(LowCardinality(String)) CODEC(ZSTD(1)) AFTER price_ref;

-- How usage was counted: remainders of containers, counts that contradict their total, corrections after the event was stored.

ALTER TABLE canonical_events ADD COLUMN IF NOT EXISTS usage_remainder Nullable(Bool) AFTER usage_duplicate_of;
ALTER TABLE canonical_events ADD COLUMN IF NOT EXISTS usage_inconsistent Nullable(Bool) AFTER usage_remainder;
ALTER TABLE canonical_events ADD COLUMN IF NOT EXISTS revision Nullable(Int64) CODEC(ZSTD(1)) AFTER usage_inconsistent;
ALTER TABLE canonical_events ADD COLUMN IF NOT EXISTS field_sources Nullable(String) CODEC(ZSTD(1)) AFTER revision;

-- The time of a signal in nanoseconds since the epoch, beside the timestamp of microseconds. Null in rows of older versions.

ALTER TABLE signals ADD COLUMN at_ns bigint;

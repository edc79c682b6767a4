-- Times to the nanosecond: the same time as in the timestamp beside it, as nanoseconds since the epoch. A timestamp holds
-- microseconds. Null in rows that older versions have written, and without a meaning where the timestamp is of another microsecond,
-- because a version that does not know the column goes on writing the timestamp (storage/postgres/exact-time.ts).
--
-- In no index and without a default: no table is rewritten, and updates stay in their pages.

ALTER TABLE trace_summaries ADD COLUMN start_ns bigint, ADD COLUMN end_ns bigint;
ALTER TABLE conversations ADD COLUMN first_ns bigint, ADD COLUMN last_ns bigint;
ALTER TABLE sessions ADD COLUMN first_ns bigint, ADD COLUMN last_ns bigint;
ALTER TABLE end_users ADD COLUMN first_ns bigint, ADD COLUMN last_ns bigint;

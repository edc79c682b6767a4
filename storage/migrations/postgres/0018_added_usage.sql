-- What the events in the sums of a trace added when they came: event, number of reports from which that was decided, and usage. Of
-- several instances that store an event, one may have decided about it with other reports of its call at hand, so that what a revision
-- takes out cannot be known from the instance that makes it.

ALTER TABLE trace_summaries ADD COLUMN added double precision[];

-- An issue whose occurrences were all taken back by later events is resolved by itself. Any occurrence after that, whenever it happened,
-- opens it as a new one.

ALTER TABLE issues ADD COLUMN is_taken_back boolean NOT NULL DEFAULT false;
GRANT UPDATE (is_taken_back) ON issues TO observa_app;

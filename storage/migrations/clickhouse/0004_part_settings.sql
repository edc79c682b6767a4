-- A row has more than a hundred columns. As a wide part each is several files, and a merge holds buffers for
-- all of them at once: with the default of 10 MiB a merge of small parts took 1 GiB of memory. Compact parts
-- keep all columns in one file; large parts are merged column by column.

ALTER TABLE canonical_events MODIFY SETTING
  min_bytes_for_wide_part = 536870912,
  vertical_merge_algorithm_min_rows_to_activate = 1,
  max_compress_block_size = 65536;

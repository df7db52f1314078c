-- SQLite's table of media is laid out afresh; here a row is found through its key as before.
SELECT 1;

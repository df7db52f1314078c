-- What undoes a freeze that is the visitor's own: the hash of the code that was shown. A frozen medium without one is the
-- help desk's. It stands in the medium's own row, so that status and freezer are always read together.
ALTER TABLE media ADD COLUMN unfreeze_hash BLOB;

-- The medium whose wallet came along with this move; `successor_id` seen from the other end.
ALTER TABLE media_moves ADD COLUMN predecessor_id BLOB;

-- In which language a visitor's page is where the browser asks for none of ours, which was Dutch for everybody, and in which
-- one a device begins that becomes a terminal. None: its own.
ALTER TABLE events ADD COLUMN visitor_language TEXT NOT NULL DEFAULT 'nl';
ALTER TABLE events ADD COLUMN till_language TEXT;

-- Retired, not deleted: what was sold there stays in the books under its name.
ALTER TABLE points_of_sale ADD COLUMN retired_at INTEGER;

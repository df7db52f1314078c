-- How a batch is printed unless told otherwise.
ALTER TABLE batches ADD COLUMN level TEXT NOT NULL DEFAULT 'M';
ALTER TABLE batches ADD COLUMN language TEXT NOT NULL DEFAULT 'nl';

-- What an event's sheets are dressed with: an SVG or a PNG as it was given, a colour in inks.
CREATE TABLE event_artwork (
    event_id BLOB PRIMARY KEY REFERENCES events (id),
    logo BLOB,
    colour TEXT
) STRICT;

-- Layouts beside those that come with the program, as they were given.
CREATE TABLE print_layouts (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT;

-- What a printer needs for its print to fall where the layout says. Lengths in nanometres, scale in millionths.
CREATE TABLE printers (
    name TEXT PRIMARY KEY,
    dpi INTEGER,
    nudge_x INTEGER NOT NULL,
    nudge_y INTEGER NOT NULL,
    scale_ppm INTEGER NOT NULL
) STRICT;

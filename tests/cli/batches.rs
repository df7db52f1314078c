//! `polsband batch`, and ranges of `polsband media`.

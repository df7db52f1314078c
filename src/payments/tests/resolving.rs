//! Parked matters and what people make of them.

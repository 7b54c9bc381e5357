//! Reads an Express application and finds its routes, its state and what holds it back.

//! Turns the model of a legacy application into the source of a portable one.

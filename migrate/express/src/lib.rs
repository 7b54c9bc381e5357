//! What ported handlers link so that they answer byte for byte as Express did.

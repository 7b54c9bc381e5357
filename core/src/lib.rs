//! Portable documents, blobs, gateways and functions: one handler, every cloud.

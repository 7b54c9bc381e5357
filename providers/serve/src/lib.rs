//! The one HTTP server under every platform that is a server on a port.

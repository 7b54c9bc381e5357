//! The path grammars of Express 4 and Express 5, compiled to one matcher.

//! The cases every provider must pass, and the program that runs them.

//! What a legacy application is: routes, handlers, state and findings as plain data.

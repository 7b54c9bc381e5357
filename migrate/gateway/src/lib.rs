//! The gateway that moves a legacy application over route by route.

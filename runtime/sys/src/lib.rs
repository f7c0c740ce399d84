//! One function, one kernel call.

//! MUNGE credentials through libmunge, found at run time.

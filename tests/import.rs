//! `shifter-site import`: what a site has comes back as it was, and what is wrong with it is said where it stands.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on is a failed test")]

#[path = "import/corpus.rs"]
mod corpus;
#[path = "import/generated.rs"]
mod generated;
#[path = "import/golden.rs"]
mod golden;
#[path = "import/listings.rs"]
mod listings;
#[path = "import/profiles.rs"]
mod profiles;
#[path = "import/replaced.rs"]
mod replaced;
#[path = "import/support.rs"]
mod support;
#[path = "import/typed.rs"]
mod typed;
#[path = "import/writing.rs"]
mod writing;

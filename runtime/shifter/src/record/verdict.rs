//! Whose fault it was that there was no start, and in which words that is recorded.

use std::error::Error;

use shifter_formats::record::Outcome;

use crate::enact::Reason;
use crate::image::ImageError;
use crate::start::StartError;

/// Refused is what a caller can put right; the rest failed.
pub(crate) fn outcome(error: &StartError) -> Outcome {
    let is_callers = match error {
        StartError::Options(_)
        | StartError::Identity(_)
        | StartError::Request(_)
        | StartError::Modules(_)
        | StartError::Policy(_) => true,
        StartError::Deny(error) => error.is_entry(),
        StartError::Image(error) => matches!(
            error,
            ImageError::NotForYou(_)
                | ImageError::LocalRefused
                | ImageError::Local(..)
                | ImageError::OfTheKernel(_)
                | ImageError::OwnerIsCaller(_)
        ),
        StartError::Build(error) => matches!(error.reason, Reason::Volume(_)),
        StartError::Config(_)
        | StartError::Account(_)
        | StartError::Setup(_)
        | StartError::Launch(_)
        | StartError::Print(_)
        | StartError::Namespace(_)
        | StartError::Call(_) => false,
    };
    if is_callers { Outcome::Refused } else { Outcome::Failed }
}

/// What the caller is told, in one line.
pub(crate) fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

//! How long images live, and how much of them there may be.

use crate::profile::section::scalar::{Duration, Percent as Share, Size};
use crate::site::Gateway;
use shifter_gateway_types::config::{Days, Percent, Quota, Retention};

fn days(span: &Duration) -> Days {
    Days::from_duration(span.std())
}

/// None where nothing of it is written.
pub(super) fn retention(gateway: &Gateway) -> Option<Retention> {
    if gateway.retention.is_none() && gateway.delete_grace.is_none() {
        return None;
    }
    let written = gateway.retention.clone().unwrap_or_default();
    Some(Retention {
        unused: written.unused.as_ref().map(days),
        warn: written.warn.as_ref().map(days),
        pin_max: written.pin_max.as_ref().map(days),
        keep: written.keep.iter().map(ToString::to_string).collect(),
        delete_grace: gateway.delete_grace.as_ref().map(days),
    })
}

/// None where nothing of it is written. A share of no total is none.
pub(super) fn quota(gateway: &Gateway) -> Option<Quota> {
    let written = gateway.quota.as_ref()?;
    let share = written.start_expiry_at.filter(|_| written.total.is_some()).map(Share::value);
    Some(Quota {
        user_bytes: written.user.as_ref().map(Size::bytes),
        total_bytes: written.total.as_ref().map(Size::bytes),
        start_expiry_at: share.map(|share| Percent::try_from(share).expect("a share of the profile is at most 100%")),
    })
}

//! The body of a request: a small JSON object, or nothing.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use serde::de::DeserializeOwned;

use crate::answer::Refused;

/// Bytes of a request: far more ids than a runtime reads back.
const MOST: usize = 64 * 1024;
/// How long a client may take to send them.
const TIME: Duration = Duration::from_secs(30);

/// An empty body means an empty object; anything else must be the documented one.
pub(super) async fn read<T: DeserializeOwned + Default>(body: Body) -> Result<T, Refused> {
    read_within(body, TIME).await
}

async fn read_within<T: DeserializeOwned + Default>(body: Body, time: Duration) -> Result<T, Refused> {
    let whole = tokio::time::timeout(time, to_bytes(body, MOST)).await.map_err(|_| Refused::too_slow())?;
    let bytes = whole.map_err(|_| Refused::too_large(MOST))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    // An object by all means: a struct would be read from a list too, field by field.
    let object: Result<serde_json::Map<_, _>, _> = serde_json::from_slice(&bytes);
    let read = object.and_then(|object| serde_json::from_value(object.into()));
    read.map_err(|error| Refused::bad_request(format!("the body: {error}")))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use shifter_gateway_types::rest::PullBody;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let body = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
        assert_eq!(read_within::<PullBody>(body, Duration::from_millis(10)).await, Err(Refused::too_slow()));
    }
}

//! Who a pull is to a registry: nobody first, the user only where nobody is refused.
//!
//! Asking as nobody first is what makes `private` true to its name: an image that needed the user's
//! credential is private, whatever the user's credential could also have fetched.

use std::fmt;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde::Deserialize;

use super::challenge::Challenge;
use crate::pull::{Authentication, Credential};

/// A token without a stated life lives this long (Docker Registry v2 token authentication).
const DEFAULT_LIFE: Duration = Duration::from_secs(60);
/// A token is renewed this long before its end.
const MARGIN: Duration = Duration::from_secs(10);

/// As whom requests are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// Without any header.
    #[default]
    None,
    /// With a token anybody gets.
    Anonymous,
    /// With the user's credential or a token got by it.
    User,
}

/// The state of one registry session.
#[derive(Default)]
pub(crate) struct Session {
    pub identity: Identity,
    header: Option<HeaderValue>,
    expires: Option<Instant>,
    /// The last bearer challenge, to renew a token without another 401.
    pub bearer: Option<(String, Option<String>, Option<String>)>,
    /// Counts changes: a request that failed under an older header is simply sent again.
    pub generation: u64,
}

/// What to do about an answer 401 or 403.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Fetch a token as this identity.
    Token(Identity),
    /// Send name and password.
    Basic,
    /// Nothing helps.
    Denied,
}

impl Session {
    /// The header to send now.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        self.header.clone()
    }

    /// Whether the token is about to end.
    pub(crate) fn is_stale(&self) -> bool {
        self.expires.is_some_and(|end| Instant::now() + MARGIN >= end)
    }

    /// What to do after a refusal that named `challenges`.
    pub(crate) fn refused(
        &mut self,
        challenges: Vec<Challenge>,
        authentication: Authentication,
        has_credential: bool,
    ) -> Step {
        let mut basic = authentication == Authentication::Basic;
        for challenge in challenges {
            match challenge {
                Challenge::Bearer { realm, service, scope } => self.bearer = Some((realm, service, scope)),
                Challenge::Basic => basic = true,
            }
        }
        let by_token = self.bearer.is_some() && authentication == Authentication::Token;
        match self.identity {
            Identity::None if by_token => Step::Token(Identity::Anonymous),
            Identity::Anonymous if by_token && has_credential => Step::Token(Identity::User),
            Identity::None | Identity::Anonymous if basic && has_credential => Step::Basic,
            _ => Step::Denied,
        }
    }

    /// Takes a token that was fetched as `identity`.
    pub(crate) fn take_token(&mut self, token: &Token, identity: Identity) -> Option<()> {
        self.header = Some(sensitive(format!("Bearer {}", token.value))?);
        self.expires = Some(Instant::now() + token.life);
        self.identity = identity;
        self.generation += 1;
        Some(())
    }

    /// Sends name and password from now on.
    pub(crate) fn take_basic(&mut self, credential: &Credential) -> Option<()> {
        self.header = Some(basic(credential)?);
        self.expires = None;
        self.identity = Identity::User;
        self.generation += 1;
        Some(())
    }
}

/// A header whose value is never printed.
fn sensitive(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Basic`, RFC 7617.
pub(crate) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let pair = format!("{}:{}", credential.user(), credential.password());
    sensitive(format!("Basic {}", STANDARD.encode(pair)))
}

/// A bearer token. It is never printed.
pub(crate) struct Token {
    value: String,
    life: Duration,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(.., {:?})", self.life)
    }
}

#[derive(Deserialize)]
struct RawToken {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Token {
    /// Reads the answer of a token server; `None` if it holds no usable token.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let raw: RawToken = serde_json::from_slice(bytes).ok()?;
        let given = |text: &String| !text.is_empty();
        let value = raw.token.filter(given).or(raw.access_token.filter(given))?;
        let life = raw.expires_in.map_or(DEFAULT_LIFE, Duration::from_secs);
        Some(Self {
            value,
            // A day is longer than any pull; more could not be added to a clock.
            life: life.clamp(DEFAULT_LIFE, Duration::from_secs(86_400)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer() -> Vec<Challenge> {
        vec![Challenge::Bearer { realm: "https://auth/".into(), service: None, scope: None }]
    }

    #[test]
    fn the_user_is_named_only_where_nobody_is_refused() {
        let mut session = Session::default();
        let token = Token::parse(br#"{"access_token":"t"}"#).unwrap();
        let step = session.refused(bearer(), Authentication::Token, true);
        assert_eq!(step, Step::Token(Identity::Anonymous));
        session.take_token(&token, Identity::Anonymous).unwrap();
        let step = session.refused(vec![], Authentication::Token, true);
        assert_eq!(step, Step::Token(Identity::User));
        session.take_token(&token, Identity::User).unwrap();
        let step = session.refused(bearer(), Authentication::Token, true);
        assert_eq!(step, Step::Denied);
    }

    #[test]
    fn a_name_and_password_need_a_challenge_or_the_setting() {
        let step = |challenges, authentication, has| Session::default().refused(challenges, authentication, has);
        let basic = || vec![Challenge::Basic];
        assert_eq!(step(basic(), Authentication::Token, true), Step::Basic);
        assert_eq!(step(basic(), Authentication::Token, false), Step::Denied);
        assert_eq!(step(vec![], Authentication::Token, true), Step::Denied);
        assert_eq!(step(vec![], Authentication::Basic, true), Step::Basic);
    }

    #[test]
    fn either_field_is_the_token() {
        for text in [r#"{"token":"a"}"#, r#"{"token":"","access_token":"a"}"#] {
            assert_eq!(Token::parse(text.as_bytes()).unwrap().value, "a");
        }
        for text in ["", "{}", r#"{"token":1}"#, r#"{"token":""}"#] {
            assert!(Token::parse(text.as_bytes()).is_none(), "{text}");
        }
        let forever = Token::parse(br#"{"token":"a","expires_in":18446744073709551615}"#).unwrap();
        assert_eq!(forever.life, Duration::from_secs(86_400));
    }

    #[test]
    fn secrets_are_not_printed() {
        let token = Token::parse(br#"{"token":"hidden"}"#).unwrap();
        let header = basic(&Credential::new("hidden", "hidden")).unwrap();
        assert!(!format!("{token:?}{header:?}").contains("hidden"));
    }
}

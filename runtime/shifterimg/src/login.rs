//! `shifterimg login`: keep a password for a registry, to be sent along with pulls.
//!
//! It is kept in a munge credential of this user, never in plain text, and nothing of it is shown.

use std::io::{self, Read as _, Write as _};

use crate::args::Login;
use crate::credential::Mint;
use crate::failure::Failure;
use crate::logins::Logins;
use crate::{out, secret};

/// Asks for what was not said, and keeps it.
pub(crate) fn run(system: &str, login: &Login) -> Result<(), Failure> {
    let mut logins = Logins::read()?;
    let location = &login.location;
    let user = match &login.user {
        Some(user) => user.clone(),
        None if login.from_stdin => {
            return Err(Failure::Usage("--password-stdin needs --username".to_owned()));
        }
        None => ask_user(location)?,
    };
    let is_text = |text: &str| !text.is_empty() && !text.contains(char::is_control);
    if !is_text(&user) || user.contains(':') {
        return Err(Failure::Usage("the user name is empty, or has a `:`".to_owned()));
    }
    let password = if login.from_stdin { from_stdin()? } else { secret::ask(&format!("{location} password: "))? };
    if !is_text(&password) {
        return Err(Failure::Usage("the password is empty, or is no text".to_owned()));
    }
    let credential = Mint::default().credential(format!("{user}:{password}").as_bytes()).map_err(Failure::Gateway)?;
    logins.set(system, location, &credential);
    logins.write()
}

fn ask_user(location: &str) -> Result<String, Failure> {
    eprint!("{location} username: ");
    let asked = io::stderr().flush().and_then(|()| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = asked.map_err(|error| Failure::Usage(format!("cannot read the user name: {error}")))?;
    Ok(line.trim().to_owned())
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().take(64 * 1024).read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("cannot read the password: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What a pull brings along: nothing where nobody has logged in.
pub(crate) fn payload(system: &str, mint: &mut Mint) -> Result<String, Failure> {
    let passwords = Logins::read()?.passwords(system, |credential| mint.open(credential));
    if passwords.authorized_locations.is_empty() {
        return Ok(String::new());
    }
    Ok(serde_json::to_string(&passwords).expect("a map of strings"))
}

/// Says that there is no such location to log in to.
pub(crate) fn location(written: Option<&str>) -> Result<String, Failure> {
    let location = written.unwrap_or("default");
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_:/".contains(c);
    match !location.is_empty() && location.chars().all(is_name) {
        true => Ok(location.to_owned()),
        false => Err(Failure::Usage(format!("`{}` is no location; write it as the site does", out::plain(location)))),
    }
}

//! A password from the terminal, which does not show it.

use std::fs::File;
use std::io::{Read as _, Write as _};

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use crate::failure::Failure;

const INTERRUPT: u8 = 3;
const END: u8 = 4;
const BACKSPACE: [u8; 2] = [8, 127];
const KILL_LINE: u8 = 21;

/// The terminal as it was, put back at the end.
struct Silent {
    terminal: File,
    before: Termios,
}

impl Silent {
    /// Keys come one by one, and neither they nor signals are shown or sent: an interrupted question puts all back too.
    fn new(terminal: File) -> nix::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
        tcsetattr(&terminal, SetArg::TCSAFLUSH, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // Nothing else can be done where the terminal is gone.
        let _ = tcsetattr(&self.terminal, SetArg::TCSAFLUSH, &self.before);
        let _ = self.terminal.write_all(b"\n");
    }
}

/// Asks on the terminal of this process.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    let none = |what: String| Failure::Usage(format!("cannot ask for the password ({what}): use --password-stdin"));
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|error| none(error.to_string()))?;
    let mut silent = Silent::new(terminal).map_err(|error| none(error.to_string()))?;
    silent.terminal.write_all(question.as_bytes()).map_err(|error| none(error.to_string()))?;
    let mut password = Vec::new();
    let mut key = [0];
    loop {
        let count = silent.terminal.read(&mut key).map_err(|error| none(error.to_string()))?;
        match key[0] {
            _ if count == 0 => break,
            b'\r' | b'\n' | END => break,
            INTERRUPT => return Err(Failure::Closed),
            KILL_LINE => password.clear(),
            byte if BACKSPACE.contains(&byte) => {
                let text = String::from_utf8_lossy(&password).into_owned();
                let shorter = text.char_indices().next_back().map_or(0, |(at, _)| at);
                password.truncate(shorter);
            }
            byte => password.push(byte),
        }
    }
    String::from_utf8(password).map_err(|_| none("it is no UTF-8".to_owned()))
}

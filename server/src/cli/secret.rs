//! A password from the environment, from a pipe, or from the person at the terminal.

use std::io::{self, IsTerminal};

use zeroize::Zeroizing;

use super::CliError;

/// Reads a password: `REFRAIN_INIT_PASSWORD`, else a line of a pipe, else the prompt, which shows nothing.
pub(super) fn password() -> Result<Zeroizing<String>, CliError> {
    if let Ok(password) = std::env::var("REFRAIN_INIT_PASSWORD") {
        return Ok(Zeroizing::new(password));
    }
    let password = if io::stdin().is_terminal() {
        Zeroizing::new(rpassword::prompt_password("Password (15 characters or more): ")?)
    } else {
        let mut line = Zeroizing::new(String::new());
        io::stdin().read_line(&mut line)?;
        Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    if password.is_empty() { Err(CliError::NoPassword) } else { Ok(password) }
}

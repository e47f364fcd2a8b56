use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use zeroize::Zeroizing;

use crate::ProxyError;
use crate::core::KeyRing;

/// Reads the proxy's keys, or makes one and writes it where only the owner can read it.
///
/// # Errors
/// [`ProxyError::KeyFile`] and [`ProxyError::Keys`].
pub fn load_keys(path: &Path) -> Result<KeyRing, ProxyError> {
    if let Some(keys) = read_keys(path)? {
        return Ok(keys);
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(ProxyError::Entropy)?;
    let keys = KeyRing::from_seed(seed);
    write_new(path, &keys.to_json()).map_err(|reason| ProxyError::KeyFile { path: path.to_owned(), reason })?;
    tracing::info!(file = %path.display(), "made a new key");
    Ok(keys)
}

/// Reads the proxy's keys, if the file is there.
pub(crate) fn read_keys(path: &Path) -> Result<Option<KeyRing>, ProxyError> {
    match fs::read_to_string(path) {
        Ok(json) => KeyRing::parse(&Zeroizing::new(json)).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(ProxyError::KeyFile { path: path.to_owned(), reason }),
    }
}

fn write_new(path: &Path, json: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(json.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_from_then_on() {
        let path = std::env::temp_dir().join(format!("rivulet-proxy-{}.key", std::process::id()));
        let made = load_keys(&path).unwrap().to_json();
        let read = load_keys(&path).unwrap().to_json();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "{}").unwrap();
        let broken = load_keys(&path);
        fs::remove_file(&path).unwrap();
        assert_eq!(made, read);
        assert!(matches!(broken, Err(ProxyError::Keys(_))));
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named() {
        let error = load_keys(Path::new("/nowhere/at/all.key")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all.key"));
    }
}
